package proof_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"madang/device/proof"
)

// sign makes a token as a hub would.
func sign(t testing.TB, alg jose.SignatureAlgorithm, key any, kid, payload string) string {
	t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	made, err := s.Sign([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	token, err := made.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func public(t testing.TB, key crypto.PublicKey) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func now() time.Time { return time.Unix(1_800_000_000, 0).UTC() }

// claims is a payload; what is empty is as it should be.
func claims(iss, aud, jti string, iat, exp int) string {
	return fmt.Sprintf(`{"iss":%q,"aud":%s,"jti":%q,"iat":%d,"exp":%d}`, iss, aud, jti, now().Unix()+int64(iat), now().Unix()+int64(exp))
}

func TestRead(t *testing.T) {
	ed, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := claims("SN-1", `"https://us"`, "j1", 0, 300)
	for name, k := range map[string]struct {
		token, key string
	}{
		"Ed25519":       {sign(t, jose.EdDSA, edKey, "SN-1", good), public(t, ed)},
		"ES256":         {sign(t, jose.ES256, ec, "SN-1", good), public(t, ec.Public())},
		"several":       {sign(t, jose.EdDSA, edKey, "SN-1", claims("SN-1", `["https://other","https://us"]`, "j1", 0, 300)), public(t, ed)},
		"a slow clock":  {sign(t, jose.EdDSA, edKey, "SN-1", claims("SN-1", `"https://us"`, "j1", -350, -51)), public(t, ed)},
		"a quick clock": {sign(t, jose.EdDSA, edKey, "SN-1", claims("SN-1", `"https://us"`, "j1", 60, 61)), public(t, ed)},
	} {
		p, err := proof.Read(k.token, k.key, "https://us", now())
		if err != nil || p.Serial != "SN-1" || p.ID != "j1" || p.Until.Sub(now()) > proof.MaxLife+2*proof.Skew {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
		if serial, err := proof.Serial(k.token); err != nil || serial != "SN-1" {
			t.Errorf("%s: serial %q, %v", name, serial, err)
		}
	}
	token := sign(t, jose.EdDSA, edKey, "SN-1", good)
	by := func(kid, payload string) string { return sign(t, jose.EdDSA, edKey, kid, payload) }
	for name, c := range map[string]struct{ token, key string }{
		"another key":       {token, public(t, edOther(t))},
		"another algorithm": {token, public(t, ec.Public())},
		"a secret":          {sign(t, jose.HS256, []byte(strings.Repeat("k", 32)), "SN-1", good), public(t, ed)},
		"no signature":      {token[:strings.LastIndexByte(token, '.')+1], public(t, ed)},
		"another payload":   {swap(token, `{"iss":"SN-2"}`), public(t, ed)},
		"another serial":    {by("SN-2", good), public(t, ed)},
		"no serial":         {by("", claims("", `"https://us"`, "j1", 0, 300)), public(t, ed)},
		"another audience":  {by("SN-1", claims("SN-1", `"https://them"`, "j1", 0, 300)), public(t, ed)},
		"no audience":       {by("SN-1", claims("SN-1", `null`, "j1", 0, 300)), public(t, ed)},
		"no id":             {by("SN-1", claims("SN-1", `"https://us"`, "", 0, 300)), public(t, ed)},
		"a long id":         {by("SN-1", claims("SN-1", `"https://us"`, strings.Repeat("j", 65), 0, 300)), public(t, ed)},
		"too long a life":   {by("SN-1", claims("SN-1", `"https://us"`, "j1", 0, 301)), public(t, ed)},
		"no life":           {by("SN-1", claims("SN-1", `"https://us"`, "j1", 10, 10)), public(t, ed)},
		"over":              {by("SN-1", claims("SN-1", `"https://us"`, "j1", -200, -60)), public(t, ed)},
		"of the future":     {by("SN-1", claims("SN-1", `"https://us"`, "j1", 61, 100)), public(t, ed)},
		"no times":          {by("SN-1", `{"iss":"SN-1","aud":"https://us","jti":"j1"}`), public(t, ed)},
		"twice":             {by("SN-1", `{"iss":"SN-1","iss":"SN-1"}`), public(t, ed)},
		"a text as a time":  {by("SN-1", `{"iss":"SN-1","aud":"https://us","jti":"j1","iat":"1","exp":"2"}`), public(t, ed)},
		"a long token":      {by("SN-1", `{"x":"`+strings.Repeat("x", proof.MaxSize)+`"}`), public(t, ed)},
		"no token":          {"", public(t, ed)},
		"no key":            {token, ""},
	} {
		if p, err := proof.Read(c.token, c.key, "https://us", now()); err == nil {
			t.Errorf("%s: %+v is good", name, p)
		}
	}
	if _, err := proof.Read(by("SN-1", claims("SN-1", `""`, "j1", 0, 300)), public(t, ed), "", now()); err == nil {
		t.Error("an audience that is not named is good")
	}
}

func edOther(t testing.TB) crypto.PublicKey {
	t.Helper()
	other, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return other
}

func swap(token, payload string) string {
	parts := strings.Split(token, ".")
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(payload))
	return strings.Join(parts, ".")
}

func TestKey(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := public(t, edOther(t))
	for name, text := range map[string]string{
		"RSA": public(t, rsaKey.Public()), "P-384": public(t, p384.Public()), "nothing": "", "no PEM": "key", "two": good + good,
		"another type": strings.ReplaceAll(good, "PUBLIC", "PRIVATE"), "no key": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("x")})),
	} {
		if k, err := proof.Key(text); err == nil {
			t.Errorf("%s: %T is a key", name, k)
		}
	}
	if _, err := proof.Key(good); err != nil {
		t.Error(err)
	}
}

// Nothing that is shown makes it fail otherwise than by an error, and what is good names its serial before and after.
func FuzzRead(f *testing.F) {
	key, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	text := public(f, key)
	f.Add(sign(f, jose.EdDSA, private, "SN-1", claims("SN-1", `"us"`, "j", 0, 300)))
	f.Add("e30.e30.e30")
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		p, err := proof.Read(token, text, "us", now())
		if err != nil {
			return
		}
		if serial, err := proof.Serial(token); err != nil || serial != p.Serial || p.ID == "" || !p.Until.After(now()) {
			t.Errorf("%+v of %q: %v", p, serial, err)
		}
	})
}
