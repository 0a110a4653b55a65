package bearer

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"madang"
	"madang/account/jws"
)

// FuzzAuthorization reads any header. A token is what stands behind the word Bearer, and has no comma in it.
func FuzzAuthorization(f *testing.F) {
	for _, seed := range []string{"Bearer a.b.c", "bearer  x", "BEARER", "Basic eDp5", "Bearer a, Bearer b", ",", " Bearer 1|x ", "Bearer\ta", "Bearerx"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		got := bearerToken(header)
		if got == "" {
			return
		}
		if strings.Contains(got, ",") || strings.TrimSpace(got) != got || !strings.Contains(header, got) || !strings.EqualFold(strings.TrimSpace(header)[:6], "bearer") {
			t.Fatalf("%q became %q", header, got)
		}
	})
}

// FuzzAuthenticate shows any token. Nobody is signed in but by those that were given.
func FuzzAuthenticate(f *testing.F) {
	h := newHouse(f, noMail)
	p := h.add("kim@example.com")
	g := h.grant(p.Email)
	known := map[string]bool{h.sign(g.SignedIn, UseLogin, g.Next): true, h.sign(g.SignedIn, UseAbly, ""): true, h.apiToken(p.Email): true}
	for raw := range known {
		f.Add(raw)
	}
	for _, seed := range []string{"1|", "|", "1|1|1", "0|x", "a.b.c", h.sign(g.SignedIn, UseRenew, ""), "9223372036854775808|x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		_, who, err := h.tokens.Authenticate(t.Context(), raw)
		if err == nil && !known[raw] || err != nil && who != nil {
			t.Fatalf("%q: %v, %v", raw, who, err)
		}
		if err != nil && !errors.Is(err, ErrNotOurs) && !errors.Is(err, madang.ErrUnauthenticated) {
			t.Fatalf("%q is trouble: %v", raw, err)
		}
	})
}

// FuzzRefreshToken sends any refresh token, and as a form's other fields anything. Only the good one is exchanged, and nothing that
// is sent is the server's trouble.
func FuzzRefreshToken(f *testing.F) {
	h := newHouse(f, noMail)
	refresh := h.grant(h.add("kim@example.com").Email).Refresh()
	s := newSite(h)
	f.Add("x."+strings.Repeat("y", 43), "refresh_token")
	f.Add(".", "refresh_token")
	f.Add("x.y.z", "password")
	f.Add(strings.Repeat("x", 300), "refresh_token")
	f.Fuzz(func(t *testing.T, shown, kind string) {
		s.t = t
		if shown == refresh {
			return
		}
		w := s.send("POST", "/api/auth/token", url.Values{"grant_type": {kind}, "refresh_token": {shown}})
		if w.Code != 400 && w.Code != 413 {
			t.Fatalf("%q, %q: %d %s", shown, kind, w.Code, w.Body)
		}
		if w := s.send("POST", "/api/auth/revoke", url.Values{"token": {shown}}); w.Code != 200 && w.Code != 400 && w.Code != 413 {
			t.Fatalf("%q: %d %s", shown, w.Code, w.Body)
		}
	})
}

// FuzzClaims reads any claims. Those that are taken are short texts and times, all of them.
func FuzzClaims(f *testing.F) {
	f.Add(`{"iss":"a","aud":"b","sub":"1","iat":1,"nbf":1,"exp":2,"jti":"j","guard":"api","fam":"f","use":"login"}`)
	f.Add(`{"iss":"a","aud":["b"],"sub":1,"iat":1.5,"nbf":"1","exp":1e3,"jti":"","guard":null,"fam":{},"use":[]}`)
	f.Add(`{"exp":-1}`)
	f.Fuzz(func(t *testing.T, text string) {
		all, err := jws.Object([]byte(text))
		if err != nil {
			return
		}
		c, err := readClaims(all)
		if err != nil {
			if !errors.Is(err, madang.ErrUnauthenticated) || c != (claims{}) {
				t.Fatalf("%q: %+v, %v", text, c, err)
			}
			return
		}
		for _, s := range []string{c.Issuer, c.Audience, c.Subject, c.ID, c.Guard, c.Family, string(c.Use)} {
			if s == "" || !utf8.ValidString(s) {
				t.Fatalf("%q: %+v", text, c)
			}
		}
		again, err := json.Marshal(c)
		good(t, err)
		if all, err = jws.Object(again); err != nil {
			t.Fatal(err)
		}
		if same, err := readClaims(all); err != nil || same.Expires != c.Expires || same.Subject != c.Subject {
			t.Fatalf("%q: %+v came back as %+v, %v", text, c, same, err)
		}
	})
}
