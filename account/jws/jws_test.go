package jws

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// sign makes a token with a header of any form.
func sign(tb testing.TB, header string, secret []byte) string {
	tb.Helper()
	b64 := base64.RawURLEncoding.EncodeToString
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: secret}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	o, err := s.Sign([]byte(`{"sub":"7"}`))
	if err != nil {
		tb.Fatal(err)
	}
	raw, err := o.CompactSerialize()
	if err != nil {
		tb.Fatal(err)
	}
	if header == "" {
		return raw
	}
	parts := strings.Split(raw, ".")
	return b64([]byte(header)) + "." + parts[1] + "." + parts[2]
}

func TestParse(t *testing.T) {
	secret := []byte(strings.Repeat("s", 32))
	good := sign(t, "", secret)
	tok, err := Parse(good, jose.HS256)
	if err != nil {
		t.Fatal(err)
	}
	if payload, ok := tok.Verify(secret); !ok || string(payload) != `{"sub":"7"}` {
		t.Errorf("%s, %v", payload, ok)
	}
	if _, ok := tok.Verify([]byte(strings.Repeat("x", 32))); ok {
		t.Error("another secret verifies it")
	}
	for header, want := range map[string]error{
		`{"alg":"none"}`: ErrAlgorithm, `{"alg":"ES256"}`: ErrAlgorithm, `{"alg":7}`: ErrAlgorithm, `{}`: ErrAlgorithm,
		`{"alg":"HS256","kid":7}`: ErrMalformed, `{"alg":"HS256","typ":"logout+jwt"}`: ErrMalformed, `{"alg":"HS256","alg":"HS256"}`: ErrMalformed,
		`{"alg":"HS256","jku":"https://evil.example"}`: ErrMalformed, `{"alg":"HS256","jwk":{}}`: ErrMalformed, `{"alg":"HS256","x5u":""}`: ErrMalformed,
		`{"alg":"HS256","x5c":[]}`: ErrMalformed, `{"alg":"HS256","crit":[]}`: ErrMalformed, `{"alg":"HS256","b64":true}`: ErrMalformed,
		`{"alg":"HS256","enc":""}`: ErrMalformed, `{"alg":"HS256","zip":"DEF"}`: ErrMalformed, `[]`: ErrMalformed,
	} {
		if _, err := Parse(sign(t, header, secret), jose.HS256); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", header, err, want)
		}
	}
	for _, bad := range []string{"", ".", "..", good + ".", "." + good, good + "=", good[:len(good)-1] + "\n", " " + good, good + strings.Repeat("A", MaxToken)} {
		if _, err := Parse(bad, jose.HS256); !errors.Is(err, ErrMalformed) {
			t.Errorf("%.40q: %v", bad, err)
		}
	}
}

// FuzzParse gives any text. What is accepted comes back as the same text: there is no second way to write a token.
func FuzzParse(f *testing.F) {
	secret := []byte(strings.Repeat("s", 32))
	f.Add(sign(f, "", secret))
	f.Add(sign(f, `{"alg":"HS256","kid":"a","typ":"at+jwt"}`, secret))
	f.Add("e30.e30.")
	f.Fuzz(func(t *testing.T, raw string) {
		tok, err := Parse(raw, jose.HS256)
		if err != nil {
			return
		}
		if again, err := tok.jws.CompactSerialize(); err != nil || again != raw {
			t.Fatalf("%q became %q, %v", raw, again, err)
		}
	})
}

// FuzzObject gives any text. What is accepted is JSON that encoding/json reads alike.
func FuzzObject(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":null}],"c":"d"}`))
	f.Add([]byte(`{"a":1,"a":2}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := Object(data)
		if err != nil {
			return
		}
		var same map[string]any
		if err := json.Unmarshal(data, &same); err != nil && !strings.Contains(err.Error(), "cannot unmarshal number") || err == nil && len(same) != len(o) {
			t.Fatalf("%q: %d members, encoding/json has %d: %v", data, len(o), len(same), err)
		}
	})
}
