//go:build unix

package attack

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// The passwords of the tests.
const (
	password = "correct horse battery"
	other    = "staple wrong battery"
)

// A browser asks as one host's pages do, through the proxy that ends TLS, and keeps cookies. It is for one goroutine.
type browser struct {
	h       *house
	host    string
	ip      string // of its network
	cookies map[string]string
	header  http.Header // of each request
	bearer  string
	owner   int64 // who registered in it
}

// browse returns a browser without cookies.
func (h *house) browse(host, ip string) *browser {
	return &browser{h: h, host: host, ip: ip, cookies: map[string]string{}, header: http.Header{}}
}

// A reply is an answer.
type reply struct {
	status  int
	header  http.Header
	cookies []*http.Cookie
	body    string
}

// json returns the member of a JSON answer at a path of names; nil: there is none.
func (r reply) json(path ...string) any {
	var v any
	if json.Unmarshal([]byte(r.body), &v) != nil {
		return nil
	}
	for _, name := range path {
		o, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = o[name]
	}
	return v
}

func (r reply) text(path ...string) string {
	s, _ := r.json(path...).(string)
	return s
}

// values is a body or query.
type values = map[string]any

// client is without redirects, cookies, and connections that are kept.
func client() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       patience,
	}
}

// request makes a request as the browser's pages do with axios: JSON, cookies, and the token against forged requests.
func (b *browser) request(method, path string, body any) *http.Request {
	b.h.t.Helper()
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			b.h.t.Fatal(err)
		}
		in = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(b.h.t.Context(), method, "http://"+b.h.addr+path, in)
	if err != nil {
		b.h.t.Fatal(err)
	}
	r.Host = b.host
	r.Header.Set("Accept", "application/json, text/plain, */*")
	r.Header.Set("X-Forwarded-For", b.ip)
	r.Header.Set("X-Forwarded-Proto", "https")
	r.Header.Set("Referer", "https://"+b.host+"/") // for what only reads; what changes something shows the token
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if token := b.cookies["XSRF-TOKEN"]; token != "" {
		r.Header.Set("X-XSRF-TOKEN", token)
	}
	if b.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+b.bearer)
	}
	maps.Copy(r.Header, b.header)
	return r
}

// do sends a request and keeps the cookies of the answer.
func (b *browser) do(r *http.Request) reply {
	b.h.t.Helper()
	a, err := send(r)
	if err != nil {
		b.h.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	for _, c := range a.cookies {
		if c.MaxAge < 0 || c.Value == "" {
			delete(b.cookies, c.Name)
			continue
		}
		b.cookies[c.Name] = c.Value
		if c.Name != "XSRF-TOKEN" && c.Name != "locale" {
			b.h.secret(c.Value)
		}
	}
	return a
}

// send sends a request.
func send(r *http.Request) (reply, error) {
	res, err := client().Do(r)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = res.Body.Close() }() // read to its end
	text, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, res.Cookies(), string(text)}, err
}

// ask is request and do; before something is changed for the first time it fetches the token against forged requests.
func (b *browser) ask(method, path string, body any) reply {
	b.h.t.Helper()
	if method != http.MethodGet && b.cookies["XSRF-TOKEN"] == "" && b.bearer == "" {
		b.do(b.request(http.MethodGet, "/sanctum/csrf-cookie", nil))
	}
	return b.do(b.request(method, path, body))
}

// must is ask, and fails if the answer has another status.
func (b *browser) must(status int, method, path string, body any) reply {
	b.h.t.Helper()
	a := b.ask(method, path, body)
	if a.status != status {
		b.h.t.Fatalf("%s %s%s: %d %s, want %d", method, b.host, path, a.status, a.body, status)
	}
	return a
}

// clone returns a browser that somebody has copied the cookies of.
func (b *browser) clone() *browser {
	c := b.h.browse(b.host, b.ip)
	maps.Copy(c.cookies, b.cookies)
	c.bearer = b.bearer
	return c
}

// raw sends a request whose Host header may be nonsense; ok is false if the server takes it for none.
func (b *browser) raw(method, path, host string) (status int, body string, ok bool) {
	b.h.t.Helper()
	r := b.request(method, path, nil)
	r.Host = "host.invalid"
	var text bytes.Buffer
	if err := r.Write(&text); err != nil {
		b.h.t.Fatal(err)
	}
	c := b.h.dial()
	_ = c.SetDeadline(time.Now().Add(patience)) // it is only so that a test ends
	line := strings.Replace(text.String(), "Host: host.invalid\r\n", "Host: "+host+"\r\nConnection: close\r\n", 1)
	if _, err := io.WriteString(c, line); err != nil {
		return 0, "", false
	}
	res, err := http.ReadResponse(bufio.NewReader(c), r)
	if err != nil {
		return 0, "", false
	}
	defer func() { _ = res.Body.Close() }() // read to its end
	all, _ := io.ReadAll(res.Body)          // what there is of it
	return res.StatusCode, string(all), true
}

// location is where a request without cookies is sent on to; ok is false if the server takes it for none, or sends it nowhere.
func (h *house) location(method, path, host string) (to string, ok bool) {
	h.t.Helper()
	c := h.dial()
	_ = c.SetDeadline(time.Now().Add(patience)) // it is only so that a test ends
	if _, err := fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", method, path, host); err != nil {
		return "", false
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return "", false
	}
	_ = res.Body.Close()
	return res.Header.Get("Location"), res.Header.Get("Location") != ""
}

// session returns the name and the value of the session's cookie.
func (b *browser) session() (name, value string) {
	for name, value := range b.cookies {
		if strings.HasSuffix(name, "_session") {
			return name, value
		}
	}
	return "", ""
}

// in reports whether somebody is signed in.
func (b *browser) in() bool {
	b.h.t.Helper()
	return b.ask(http.MethodGet, "/user/confirmed-password-status", nil).status == http.StatusOK
}

// register makes a member with a proved address, who is signed in.
func (b *browser) register(email string) *browser {
	b.h.t.Helper()
	b.h.secret(password, other)
	b.must(http.StatusCreated, http.MethodPost, "/register", values{
		"name": "Kim", "email": email, "password": password, "password_confirmation": password, "terms": true,
	})
	b.must(http.StatusNoContent, http.MethodGet, b.h.verifyPath(email, 1), nil)
	b.owner = b.h.find("members", email).ID
	return b
}

// login signs a member in and returns the answer.
func (b *browser) login(email, text string) reply {
	b.h.t.Helper()
	b.h.secret(password, other)
	return b.ask(http.MethodPost, "/login", values{"email": email, "password": text})
}

// forms are values as browsers' forms send them.
func forms(v values) string {
	q := url.Values{}
	for name, x := range v {
		q.Set(name, fmt.Sprint(x))
	}
	return q.Encode()
}

// within is when something must have happened that takes no longer than a second.
func within(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatalf("not within %v: %s", patience, what)
	}
}
