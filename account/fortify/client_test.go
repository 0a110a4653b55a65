package fortify

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"madang/account"
	"madang/account/laravel"
	"madang/account/totp"
)

// A client is a browser, or a program that keeps cookies.
type client struct {
	h       *house
	cookies map[string]string
	html    bool // it is a browser
	header  http.Header
	last    answer
	vars    map[string]string // what {names} in rows stand for
}

// script is a client as axios makes it: it wants JSON and shows the token's cookie.
func (h *house) script() *client {
	c := &client{h: h, cookies: map[string]string{}, header: http.Header{}, vars: map[string]string{}}
	c.do("GET", laravel.CookieRoute, nil)
	return c
}

// browser is a client that says where its requests come from, and shows no token.
func (h *house) browser() *client {
	return &client{h: h, cookies: map[string]string{}, header: http.Header{}, vars: map[string]string{}, html: true}
}

// An answer is one that was read.
type answer struct {
	status int
	header http.Header
	body   string
	set    map[string]*http.Cookie
}

// fields are what a client sends: JSON from a script, a form from a browser; with a photo, multipart.
type fields map[string]any

// do sends a request.
func (c *client) do(method, path string, body fields, change ...func(*http.Request)) answer {
	c.h.tb.Helper()
	r := c.request(method, path, body)
	for _, f := range change {
		f(r)
	}
	return c.send(r)
}

// request makes a request as the client does.
func (c *client) request(method, path string, body fields) *http.Request {
	c.h.tb.Helper()
	content, kind := c.encode(body)
	r, err := http.NewRequestWithContext(c.h.tb.Context(), method, c.h.url+path, content)
	must(c.h.tb, err)
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if c.html {
		r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	} else {
		r.Header.Set("Accept", "application/json, text/plain, */*")
		r.Header.Set("X-XSRF-TOKEN", c.cookies[laravel.TokenCookie])
	}
	maps.Copy(r.Header, c.header)
	for _, name := range slices.Sorted(maps.Keys(c.cookies)) {
		r.AddCookie(&http.Cookie{Name: name, Value: c.cookies[name]})
	}
	return r
}

func (c *client) encode(body fields) (io.Reader, string) {
	if body == nil {
		return nil, ""
	}
	if data, ok := body["photo"].([]byte); ok {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for name, value := range body {
			if text, ok := value.(string); ok {
				must(c.h.tb, w.WriteField(name, text))
			}
		}
		f, err := w.CreateFormFile("photo", "me.png")
		must(c.h.tb, err)
		_, err = f.Write(data)
		must(c.h.tb, err)
		must(c.h.tb, w.Close())
		return &b, w.FormDataContentType()
	}
	if !c.html {
		b, err := json.Marshal(body)
		must(c.h.tb, err)
		return bytes.NewReader(b), "application/json"
	}
	form := url.Values{}
	for name, value := range body {
		switch v := value.(type) {
		case string:
			form.Set(name, v)
		case bool:
			if v {
				form.Set(name, "on")
			}
		case []string:
			form[name+"[]"] = v
		}
	}
	return strings.NewReader(form.Encode()), "application/x-www-form-urlencoded"
}

// send sends a request, follows no redirect, and keeps the cookies.
func (c *client) send(r *http.Request) answer {
	c.h.tb.Helper()
	res, err := c.h.transport.RoundTrip(r)
	must(c.h.tb, err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	must(c.h.tb, err)
	a := answer{status: res.StatusCode, header: res.Header, body: string(body), set: map[string]*http.Cookie{}}
	for _, k := range res.Cookies() {
		a.set[k.Name] = k
		if k.MaxAge < 0 {
			delete(c.cookies, k.Name)
		} else {
			c.cookies[k.Name] = k.Value
		}
	}
	c.last = a
	return a
}

// login signs kim in.
func (c *client) login() *client {
	c.h.tb.Helper()
	if a := c.do("POST", "/login", fields{"email": kim, "password": secretWord}); a.status != http.StatusOK && a.status != http.StatusFound || c.session() == "" {
		c.h.tb.Fatalf("login: %d %s", a.status, a.body)
	}
	return c
}

// open gives a client a session of somebody's, as if they had signed in: the work of a hash is left out.
func (c *client) open(email string, change ...func(*account.Session)) *client {
	c.h.tb.Helper()
	p, err := c.h.store.PersonByEmail(c.h.tb.Context(), "default", "members", email)
	must(c.h.tb, err)
	secret := rand.Text()
	x := account.Session{
		ID: sha256.Sum256([]byte(secret)), App: "default", Person: p.ID, Client: account.Client{Address: "127.0.0.1"},
		CreatedAt: c.h.now(), SeenAt: c.h.now(), ExpiresAt: c.h.now().Add(2 * time.Hour),
	}
	for _, f := range change {
		f(&x)
	}
	must(c.h.tb, c.h.store.AddSession(c.h.tb.Context(), x))
	c.cookies["madang_session"], c.cookies[laravel.TokenCookie] = secret, laravel.Token(secret)
	return c
}

// confirm says somebody's password again.
func (c *client) confirm() *client {
	c.h.tb.Helper()
	if a := c.do("POST", confirmPath, fields{"password": secretWord}); a.status != http.StatusCreated && a.status != http.StatusFound {
		c.h.tb.Fatalf("confirm: %d %s", a.status, a.body)
	}
	return c
}

func (c *client) session() string { return c.cookies["madang_session"] }

// signedIn reports whether the client is.
func (c *client) signedIn() bool {
	c.h.tb.Helper()
	return c.do("GET", "/user/confirmed-password-status", nil).status == http.StatusOK
}

// factor turns somebody's second factor on by requests, who has confirmed their password. Time passes, so that the next code is another.
func (c *client) factor() {
	c.h.tb.Helper()
	c.do("POST", "/user/two-factor-authentication", fields{})
	var got struct{ SecretKey string }
	must(c.h.tb, json.Unmarshal([]byte(c.do("GET", "/user/two-factor-secret-key", nil).body), &got))
	if a := c.do("POST", "/user/confirmed-two-factor-authentication", fields{"code": c.h.code(got.SecretKey)}); a.status >= 400 {
		c.h.tb.Fatalf("confirm a factor: %d %s", a.status, a.body)
	}
	c.vars["secret"], c.vars["recovery"] = got.SecretKey, c.codes()[0]
	c.h.pass(2 * time.Minute)
}

// code is the code of a secret now.
func (h *house) code(secret string) string {
	h.tb.Helper()
	code, err := totp.Code(secret, totp.Step(h.now()))
	must(h.tb, err)
	return code
}

// codes returns the recovery codes of a client that has confirmed its password.
func (c *client) codes() (all []string) {
	c.h.tb.Helper()
	must(c.h.tb, json.Unmarshal([]byte(c.do("GET", "/user/two-factor-recovery-codes", nil).body), &all))
	return all
}

// shown is a page that an answer is.
type shown struct {
	Component string
	Props     map[string]any
}

func (a answer) page(tb testing.TB) (p shown) {
	tb.Helper()
	if err := json.Unmarshal([]byte(a.body), &p); err != nil || p.Component == "" {
		tb.Fatalf("%d %q is no page", a.status, a.body)
	}
	return p
}

// pictureBytes is a small PNG.
func pictureBytes() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		panic(err)
	}
	return b.Bytes()
}
