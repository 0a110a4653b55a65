//go:build unix

package standard_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"madang/account/operator"
)

// password is everybody's.
const password = "correct horse"

// member adds a member by the command.
func member(t *testing.T, dir, email string, more ...string) operator.Person {
	t.Helper()
	name, _, _ := strings.Cut(email, "@")
	args := append([]string{"member", "add", email, "--name", "member " + name, "--password-stdin"}, more...)
	return operate[operator.Person](t, dir, password+"\n", args...)
}

// A browser keeps cookies, and says which page asks. It takes no redirects.
type browser struct {
	t      *testing.T
	server string // where the connections go to
	site   string // what is in its address line, such as http://admin.barun.test; empty: the server
	client *http.Client
}

func newBrowser(t *testing.T, server string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := web()
	c.Jar = jar
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{t, server, server, c}
}

// at is the same browser at another of the server's hosts. Its cookies are that host's alone.
func (b *browser) at(site string) *browser {
	other := newBrowser(b.t, b.server)
	other.site = site
	return other
}

// ask sends a request, with a form unless it is nil, and with header lines given as pairs.
func (b *browser) ask(method, path string, form url.Values, header ...string) reply {
	b.t.Helper()
	if form != nil {
		header = append([]string{"Content-Type", "application/x-www-form-urlencoded", "Origin", b.site}, header...)
	}
	return b.send(method, path, form.Encode(), header...)
}

// send sends a request with a body.
func (b *browser) send(method, path, body string, header ...string) reply {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.server+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	u, err := url.Parse(b.site)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Host = u.Host
	r.Header.Set("Accept", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	a, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = a.Body.Close() }() // read to its end
	text, err := io.ReadAll(a.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return reply{a.StatusCode, a.Header, string(text)}
}

// must is ask, and expects a status.
func (b *browser) must(status int, method, path string, form url.Values, header ...string) reply {
	b.t.Helper()
	a := b.ask(method, path, form, header...)
	if a.status != status {
		b.t.Fatalf("%s %s%s: %d %s, want %d", method, b.site, path, a.status, a.body, status)
	}
	return a
}

// login signs in by Fortify's route.
func (b *browser) login(email string) {
	b.t.Helper()
	b.must(http.StatusOK, http.MethodPost, "/login", url.Values{"email": {email}, "password": {password}})
}

// cookies is the header with which the browser opens a WebSocket, from a page of an origin.
func (b *browser) cookies(origin string) []string {
	b.t.Helper()
	u, err := url.Parse(b.server)
	if err != nil {
		b.t.Fatal(err)
	}
	all := map[string]string{}
	for _, c := range b.client.Jar.Cookies(u) {
		all[c.Name] = c.Value
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		pairs = append(pairs, name+"="+all[name])
	}
	return []string{"Cookie: " + strings.Join(pairs, "; "), "Origin: " + origin}
}

// connect opens a Socket.IO connection with the session alone. It ends with the test.
func (b *browser) connect() *socket {
	b.t.Helper()
	s, err := enter(b.t.Context(), b.server, "", b.cookies(b.server)...)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { s.leave(b.t) })
	s.must(b.t, "unread", nil, nil)
	return s
}

// field returns a text of an answer's JSON.
func field(t *testing.T, a reply, name string) string {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal([]byte(a.body), &all); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
	text, _ := all[name].(string)
	if text == "" {
		t.Fatalf("no %s in %s", name, a.body)
	}
	return text
}
