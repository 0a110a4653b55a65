package token

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// everyKey is a configuration with a key of each algorithm.
func everyKey() Config {
	return withSecret(func(c *Config) {
		c.PublicKeys = []string{pemOf(rsaKey().Public()) + pemOf(ecKey().Public()), pemOf(edKey().Public())}
	})
}

func TestEveryAlgorithm(t *testing.T) {
	g := newGuard(t, everyKey())
	for alg, sign := range map[string]func([]byte) []byte{
		"HS256": hs256(testSecret), "RS256": rs256(rsaKey()), "ES256": es256(ecKey()), "EdDSA": eddsa(edKey()),
	} {
		accepts(t, g, forge(`{"alg":"`+alg+`"}`, good(), sign))
		accepts(t, g, forge(`{"alg":"`+alg+`","kid":"../../etc/passwd","typ":"at+jwt"}`, good(), sign))
		for _, other := range []string{"HS256", "RS256", "ES256", "EdDSA"} {
			if other != alg {
				refuses(t, g, forge(`{"alg":"`+other+`"}`, good(), sign), ErrSignature)
			}
		}
		for _, never := range []string{
			"none", "None", "NONE", "", "hs256", "HS384", "HS512", "RS384", "RS512", "PS256", "ES384", "ES512", "ES256K", "Ed25519", "dir",
		} {
			refuses(t, g, forge(`{"alg":"`+never+`"}`, good(), sign), ErrAlgorithm)
		}
	}
}

// A public key is no secret: a token signed with its text, in any of the ways it can be written, is refused.
func TestPublicKeyIsNoSecret(t *testing.T) {
	for name, public := range map[string]any{
		"RSA": rsaKey().Public(), "EC": ecKey().Public(), "Ed25519": edKey().Public(),
	} {
		only := Defaults()
		only.PublicKeys = []string{pemOf(public)}
		text := pemOf(public)
		jwk := string(must(json.Marshal(jose.JSONWebKey{Key: public})))
		for _, secret := range []string{text, strings.TrimSpace(text), strings.ReplaceAll(text, "\n", "\r\n"), jwk} {
			forged := forge(`{"alg":"HS256"}`, good(), hs256(secret))
			refuses(t, newGuard(t, only), forged, ErrUnknownKey)
			refuses(t, newGuard(t, everyKey()), forged, ErrSignature)
		}
		c := Defaults()
		if c.Secret = text; c.Validate() == nil {
			t.Errorf("%s: a public key was taken as secret", name)
		}
	}
}

func TestNoSignature(t *testing.T) {
	g := newGuard(t, everyKey())
	nothing := func([]byte) []byte { return nil }
	refuses(t, g, forge(`{"alg":"none"}`, good(), nothing), ErrAlgorithm)
	refuses(t, g, forge(`{"typ":"JWT"}`, good(), nothing), ErrAlgorithm)
	refuses(t, g, forge(`{"alg":null}`, good(), nothing), ErrAlgorithm)
	refuses(t, g, forge(`{"alg":["HS256"]}`, good(), nothing), ErrAlgorithm)
	for _, alg := range []string{"HS256", "RS256", "ES256", "EdDSA"} {
		refuses(t, g, forge(`{"alg":"`+alg+`"}`, good(), nothing), ErrSignature)
		zeros := func([]byte) []byte { return make([]byte, 64) } // CVE-2022-21449
		refuses(t, g, forge(`{"alg":"`+alg+`"}`, good(), zeros), ErrSignature)
	}
}

// A token that brings its own key is refused even though that key has signed it.
func TestTokenBringsItsOwnKey(t *testing.T) {
	g := newGuard(t, everyKey())
	mine := newECKey()
	jwk := string(must(json.Marshal(jose.JSONWebKey{Key: mine.Public()})))
	for _, member := range []string{
		`"jwk":` + jwk, `"jwk":null`, `"jku":"https://evil.example/jwks.json"`, `"x5u":"https://evil.example/cert.pem"`, `"x5c":["AAAA"]`,
		`"crit":["b64"],"b64":false`, `"crit":["exp"],"exp":1`, `"crit":[]`, `"b64":true`, `"b64":false`, `"zip":"DEF"`, `"enc":"A128GCM"`,
		`"kid":1`, `"kid":null`, `"kid":["a"]`, `"typ":"logout+jwt"`, `"typ":1`, `"typ":"dpop+jwt"`, `"alg":"ES256"`, `"\u0061lg":"none"`,
	} {
		header := `{"alg":"ES256",` + member + `}`
		refuses(t, g, forge(header, good(), es256(mine)), ErrMalformed)
		// A key that is trusted does not make them better.
		refuses(t, g, forge(header, good(), es256(ecKey())), ErrMalformed)
	}
	refuses(t, g, forge(`{"alg":"ES256"}`, good(), es256(mine)), ErrSignature)
	accepts(t, g, forge(`{"alg":"ES256","x5t":"AAAA","foo":{"bar":[1]}}`, good(), es256(ecKey())))
}

// No other spelling of a good token is good.
func TestSpelling(t *testing.T) {
	g := newGuard(t, withSecret(nil))
	raw := hs(good())
	accepts(t, g, raw)
	s := strings.Split(raw, ".")
	jwe := strings.Join([]string{b64([]byte(`{"alg":"dir","enc":"A128GCM"}`)), "", s[0], s[1], s[2]}, ".")
	for name, bad := range map[string]string{
		"JWE":                 jwe,
		"two segments":        s[0] + "." + s[1],
		"four segments":       raw + "." + s[2],
		"trailing dot":        raw + ".",
		"leading dot":         "." + raw,
		"trailing garbage":    raw + "!",
		"space inside":        s[0] + " ." + s[1] + "." + s[2],
		"line break inside":   raw[:10] + "\n" + raw[10:],
		"line breaks at ends": s[0] + "\r\n." + s[1] + "\r\n." + s[2],
		"null behind":         raw + "\x00",
		"percent":             s[0] + "%2e" + s[1] + "." + s[2],
		"padding":             raw + "=",
		"no header":           "." + s[1] + "." + s[2],
		"JSON serialization":  fmt.Sprintf(`{"payload":%q,"protected":%q,"signature":%q}`, s[1], s[0], s[2]),
		"too long":            hs(good("pad", strings.Repeat("x", MaxToken))),
		"dots":                strings.Repeat(".", MaxToken),
		"header not JSON":     b64([]byte("{")) + "." + s[1] + "." + s[2],
		"header array":        b64([]byte(`["alg"]`)) + "." + s[1] + "." + s[2],
		"header twice":        b64([]byte(`{"alg":"HS256"}{}`)) + "." + s[1] + "." + s[2],
	} {
		t.Run(name, func(t *testing.T) { refuses(t, g, bad, ErrMalformed) })
	}
}

// The last character of a segment may have bits that mean nothing. Other bits there are another spelling of the same
// bytes, which lax decoders accept.
func TestStrayBits(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	g := newGuard(t, withSecret(nil))
	header, payload := `{"alg":"HS256","a":"1"}`, good("pad", "12")
	for len(header)%3 == 0 {
		header += " "
	}
	for len(payload)%3 == 0 {
		payload += " "
	}
	s := strings.Split(forge(header, payload, hs256(testSecret)), ".")
	accepts(t, g, strings.Join(s, "."))
	for i := range s {
		other := append([]string{}, s...)
		last := other[i][len(other[i])-1]
		other[i] = other[i][:len(other[i])-1] + string(alphabet[strings.IndexByte(alphabet, last)^1])
		same, err := base64.RawURLEncoding.DecodeString(other[i])
		if err != nil || b64(same) != s[i] {
			t.Fatalf("segment %d has no stray bits to test with", i)
		}
		refuses(t, g, strings.Join(other, "."), ErrMalformed)
	}
}

func TestEveryBitCounts(t *testing.T) {
	g := newGuard(t, withSecret(nil))
	raw := []byte(hs(good()))
	for i := range raw {
		for bit := range 7 {
			other := append([]byte{}, raw...)
			other[i] ^= 1 << bit
			if p, err := try(g, string(other)); err == nil {
				t.Fatalf("bit %d of byte %d changed: accepted %+v", bit, i, p)
			}
		}
	}
}

func TestSecretsInRotation(t *testing.T) {
	old := strings.Repeat("o", MinSecret)
	g := newGuard(t, withSecret(func(c *Config) { c.Secrets = []string{old} }))
	accepts(t, g, hs(good()))
	accepts(t, g, forge(`{"alg":"HS256"}`, good(), hs256(old)))
	refuses(t, g, forge(`{"alg":"HS256"}`, good(), hs256(strings.Repeat("x", MinSecret))), ErrSignature)
	refuses(t, newGuard(t, withSecret(nil)), forge(`{"alg":"HS256"}`, good(), hs256(old)), ErrSignature)
}
