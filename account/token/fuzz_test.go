package token

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"madang"
)

// FuzzAuthenticate gives the guard any token. It must never panic, and accept only what one of its keys has signed, as
// the standard library sees it.
func FuzzAuthenticate(f *testing.F) {
	g := newGuard(f, everyKey())
	seeds := []string{
		hs(good()), forge(`{"alg":"RS256"}`, good(), rs256(rsaKey())), forge(`{"alg":"ES256","kid":"1"}`, good(), es256(ecKey())),
		forge(`{"alg":"EdDSA"}`, good(), eddsa(edKey())), a1Token, a2Token, a3Token, a5Token, ed25519Token, "Bearer " + hs(good()),
		"", "..", "a.b.c.d.e", "e30.e30.", "Bearer", hs(good()) + "=", hs(good("exp", "1")), hs(`{"sub":"a","sub":"b","exp":9999999999}`),
		forge(`{"alg":"HS256","crit":["b64"],"b64":false}`, good(), hs256(testSecret)),
	}
	for _, s := range seeds {
		f.Add(s, "", "ko")
		f.Add("", "Bearer "+s, "en;q=0.5,*")
	}
	f.Fuzz(func(t *testing.T, token, header, locale string) {
		c := madang.Credentials{
			Token: token, Locale: locale,
			Header: func(string) string { return header },
			Query:  func(string) string { return header },
		}
		p, err := g.Authenticate(t.Context(), c)
		if err != nil {
			var r *madang.Refusal
			if p != nil || !errors.As(err, &r) || !errors.Is(err, madang.ErrUnauthenticated) || err.Error() != r.Code+": "+r.Text {
				t.Fatalf("%+v %v", p, err)
			}
			return
		}
		if p.User == "" || p.Expires.IsZero() {
			t.Fatalf("accepted nobody, or for ever: %+v", p)
		}
		raw := Find(c)
		i := strings.LastIndexByte(raw, '.')
		sig, err := base64.RawURLEncoding.Strict().DecodeString(raw[i+1:])
		if err != nil {
			t.Fatal(err)
		}
		// Only the secret's tokens can be told here; the mutator cannot sign with the others' private halves, so a
		// token of theirs is one of the seeds.
		if !hmac.Equal(sig, hs256(testSecret)([]byte(raw[:i]))) && !isSeed(seeds, raw) {
			t.Fatalf("accepted what nobody has signed: %q", raw)
		}
	})
}

func isSeed(seeds []string, raw string) bool {
	return slices.Contains(seeds, raw)
}

// FuzzSignedClaims signs any header and payload with the right secret, so that everything behind the signature is
// reached too.
func FuzzSignedClaims(f *testing.F) {
	g := newGuard(f, everyKey())
	for _, header := range []string{`{"alg":"HS256"}`, `{"alg":"HS256","kid":"a","typ":"JWT"}`, `{"alg":"none"}`, `{"alg":"HS256","b64":false}`} {
		for _, payload := range []string{
			good(), `{"sub":1,"exp":1e10}`, `{"exp":9999999999,"id":"\ud800"}`, `{"sub":"a","exp":9999999999,"aud":[1,{}]}`, `[]`, `{"a":{"a":1}}`,
		} {
			f.Add(header, payload)
		}
	}
	f.Fuzz(func(t *testing.T, header, payload string) {
		p, err := try(g, forge(header, payload, hs256(testSecret)))
		if err != nil {
			return
		}
		if !usable(p.User) || p.User == "" || !startDay.Before(p.Expires) {
			t.Fatalf("%+v", p)
		}
		if string(p.Claims) != payload || !json.Valid(p.Claims) {
			t.Fatalf("claims %s, want %s", p.Claims, payload)
		}
	})
}

// FuzzKeySet reads any JWK set. Whatever is taken from it must be usable with its own algorithm.
func FuzzKeySet(f *testing.F) {
	for _, k := range []string{a1Key, a2Key, a3Key, ed25519Key, `1`, `{"kty":"RSA","n":"AA","e":"AA"}`, `{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}`} {
		f.Add([]byte(`{"keys":[`+k+`]}`), true)
		f.Add([]byte(`{"keys":[`+k+`,`+a3Key+`]}`), false)
	}
	tokens := []string{a1Token, a2Token, a3Token, ed25519Token}
	f.Fuzz(func(t *testing.T, data []byte, secrets bool) {
		keys, _, err := parseSet(data, secrets)
		if err != nil && keys != nil || len(keys) > MaxKeys {
			t.Fatalf("%d keys, %v", len(keys), err)
		}
		for _, k := range keys {
			if _, isSecret := k.material.([]byte); isSecret != (k.alg == "HS256") || isSecret && !secrets {
				t.Fatalf("%T with %s", k.material, k.alg)
			}
			for _, raw := range tokens {
				must(parse(raw)).verify(k)
			}
		}
	})
}
