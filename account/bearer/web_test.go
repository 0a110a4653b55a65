package bearer

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"madang/account"
	"madang/account/signin"
	"madang/account/words"
)

// fakeAbly makes tokens that say what they were made for.
type fakeAbly struct{ h *house }

func (f fakeAbly) Issue(_ context.Context, signIn string, p account.Person) (AblyToken, error) {
	if strings.HasPrefix(p.Email, "unproved") {
		return AblyToken{}, &signin.Refusal{Class: signin.Forbidden, Code: signin.CodeUnverified}
	}
	return AblyToken{Token: "ably." + signIn, ClientID: p.Email, Expires: f.h.now().Add(30 * time.Minute)}, nil
}

// A site is a house with its routes.
type site struct {
	*house
	http.Handler
}

func newSite(h *house, change ...func(*Options)) *site {
	h.t.Helper()
	o := Options{Ably: fakeAbly{h}}
	for _, f := range change {
		f(&o)
	}
	return &site{h, serve(New(h.tokens, o))}
}

func serve(a *API) http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range a.Routes() {
		mux.Handle(pattern, h)
	}
	return mux
}

// send sends a request. The body is what is sent as JSON, url.Values as a form, or a string as it is. Headers are pairs.
func (s *site) send(method, target string, body any, headers ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	kind, text := "", ""
	switch b := body.(type) {
	case nil:
	case string:
		kind, text = "application/json", b
	case url.Values:
		kind, text = "application/x-www-form-urlencoded", b.Encode()
	default:
		out, err := json.Marshal(b)
		good(s.t, err)
		kind, text = "application/json", string(out)
	}
	r := httptest.NewRequest(method, target, strings.NewReader(text))
	r.RemoteAddr = "192.0.2.1:40000"
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	r.Header.Set("Accept", "application/json, text/plain, */*")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r.WithContext(s.ctx()))
	return w
}

// form is the body of a request.
type form map[string]any

// object reads an answer that is a JSON object.
func (s *site) object(w *httptest.ResponseRecorder) (all map[string]any) {
	s.t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &all); err != nil {
		s.t.Fatalf("%d %q: %v", w.Code, w.Body, err)
	}
	return all
}

// text returns a text of an answer with a status.
func (s *site) text(w *httptest.ResponseRecorder, status int, name string) string {
	s.t.Helper()
	text, ok := s.object(w)[name].(string)
	if w.Code != status || !ok {
		s.t.Fatalf("%d %s: no %s", w.Code, w.Body, name)
	}
	return text
}

func bearerOf(token string) []string { return []string{"Authorization", "Bearer " + token} }

// profile makes a site speak a profile's English.
func profile(p words.Profile) func(*Options) { return func(o *Options) { o.Messages = p } }

// noMail lets people register who do not prove their address, without terms.
func noMail(c *signin.Config) { c.Features.Verification, c.Features.Terms = false, false }

// failing is a store that cannot read families.
type failing struct{ account.Store }

func (failing) Family(context.Context, string, string, time.Time) (account.Family, error) {
	return account.Family{}, errors.New("the disk of db-7 is full")
}
