package keys

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"madang/account/jws"
	"madang/store/memory"
)

// forge signs claims with a key and a header of the attacker's choice.
func forge(t *testing.T, alg jose.SignatureAlgorithm, key any, header map[jose.HeaderKey]any) string {
	t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, &jose.SignerOptions{ExtraHeaders: header})
	if err != nil {
		t.Fatal(err)
	}
	o, err := s.Sign([]byte(`{"sub":"1"}`))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := o.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestForgedTokens: what taught it are the classes of CVE-2015-9235 (public key as a secret), CVE-2018-0114 (a key in the
// header), CVE-2022-21449 (a signature of zeros) and CVE-2025-30204 (a header of dots).
func TestForgedTokens(t *testing.T) {
	r, _, _ := newNode(t)
	good := sign(t, r)
	kid := kids(r)[0]
	public := r.current(t.Context())[0].private.Public()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := json.Marshal(r.Set(t.Context()).Keys[0])
	if err != nil {
		t.Fatal(err)
	}
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ownPublic := jose.JSONWebKey{Key: own.Public()}
	named := map[jose.HeaderKey]any{"kid": kid}
	with := func(name jose.HeaderKey, v any) map[jose.HeaderKey]any {
		return map[jose.HeaderKey]any{"kid": kid, name: v}
	}
	b64 := base64.RawURLEncoding.EncodeToString
	parts := strings.Split(good, ".")
	for name, c := range map[string]struct {
		raw  string
		want error
	}{
		"none":                     {b64([]byte(`{"alg":"none","kid":"`+kid+`"}`)) + "." + parts[1] + ".", jws.ErrAlgorithm},
		"None":                     {b64([]byte(`{"alg":"None"}`)) + "." + parts[1] + "." + parts[2], jws.ErrAlgorithm},
		"HS256 with the PEM":       {forge(t, jose.HS256, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), named), jws.ErrAlgorithm},
		"HS256 with the DER":       {forge(t, jose.HS256, der, named), jws.ErrAlgorithm},
		"HS256 with the JWK":       {forge(t, jose.HS256, jwk, named), jws.ErrAlgorithm},
		"another key, named alike": {forge(t, jose.ES256, own, named), ErrSignature},
		"another key":              {forge(t, jose.ES256, own, map[jose.HeaderKey]any{"kid": "x"}), ErrUnknownKey},
		"no kid":                   {forge(t, jose.ES256, own, nil), ErrUnknownKey},
		"kid of a path":            {forge(t, jose.ES256, own, map[jose.HeaderKey]any{"kid": "../../dev/null"}), ErrUnknownKey},
		"kid of SQL":               {forge(t, jose.ES256, own, map[jose.HeaderKey]any{"kid": "' OR 1=1 --"}), ErrUnknownKey},
		"kid of a number":          {forge(t, jose.ES256, own, map[jose.HeaderKey]any{"kid": 7}), jws.ErrMalformed},
		"its own jwk":              {forge(t, jose.ES256, own, with("jwk", ownPublic)), jws.ErrMalformed},
		"a jku":                    {forge(t, jose.ES256, own, with("jku", "https://evil.example/jwks.json")), jws.ErrMalformed},
		"an x5u":                   {forge(t, jose.ES256, own, with("x5u", "https://evil.example/cert")), jws.ErrMalformed},
		"an x5c":                   {forge(t, jose.ES256, own, with("x5c", []string{"MII"})), jws.ErrMalformed},
		"a crit":                   {b64([]byte(`{"alg":"ES256","kid":"`+kid+`","crit":["exp"],"exp":1}`)) + "." + parts[1] + "." + parts[2], jws.ErrMalformed},
		"for something else":       {forge(t, jose.ES256, own, with("typ", "logout+jwt")), jws.ErrMalformed},
		"a signature of zeros":     {parts[0] + "." + parts[1] + "." + b64(make([]byte, 64)), ErrSignature},
		"an empty signature":       {parts[0] + "." + parts[1] + ".", ErrSignature},
		"other claims":             {parts[0] + "." + b64([]byte(`{"sub":"1"}`)) + "." + parts[2], ErrSignature},
		"a huge header":            {b64([]byte(`{"alg":"ES256","kid":"`+strings.Repeat("x", 8<<10)+`"}`)) + "." + parts[1] + "." + parts[2], jws.ErrMalformed},
		"a million dots":           {strings.Repeat(".", 1<<20), jws.ErrMalformed},
		"a thousand dots":          {strings.Repeat(".", 1000), jws.ErrMalformed},
		"nothing":                  {"", jws.ErrMalformed},
	} {
		if claims, err := r.Verify(t.Context(), c.raw); !errors.Is(err, c.want) || claims != nil {
			t.Errorf("%s: %v, %v; want %v", name, claims, err, c.want)
		}
	}
}

// TestTruncated: no beginning of a token is one (CVE-2026-27840), and no letter of it can be changed.
func TestTruncated(t *testing.T) {
	r, _, _ := newNode(t)
	good := sign(t, r)
	for i := range len(good) {
		if _, err := r.Verify(t.Context(), good[:i]); err == nil {
			t.Fatalf("the first %d of %d letters are accepted", i, len(good))
		}
		b := []byte(good)
		b[i] ^= 1
		if _, err := r.Verify(t.Context(), string(b)); err == nil {
			t.Fatalf("letter %d can be changed", i)
		}
	}
}

// FuzzVerify gives any token. What is accepted was signed here.
func FuzzVerify(f *testing.F) {
	s := newClock()
	r := node(f, memory.NewAccounts(), s)
	good := sign(f, r)
	f.Add(good)
	f.Add(strings.Replace(good, ".", "..", 1))
	f.Add("e30.e30.e30")
	f.Fuzz(func(t *testing.T, raw string) {
		if claims, err := r.Verify(context.Background(), raw); err == nil && (raw != good || claims["sub"] != "7") {
			t.Fatalf("%q was accepted", raw)
		}
	})
}
