package token

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// writeFile writes a JWK set of these keys into a new file.
func writeFile(t testing.TB, keys string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "jwks.json")
	if err := os.WriteFile(path, []byte(`{"keys":`+keys+`}`), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// replace gives a file other contents and a time that differs, as some time later would.
func replace(t testing.TB, path string, data []byte, later time.Duration) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, startDay, startDay.Add(later)); err != nil {
		t.Fatal(err)
	}
}

func TestKeyFileIsReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jwks.json")
	one, two := newECKey(), newEdKey()
	replace(t, path, setOf(jose.JSONWebKey{KeyID: "1", Key: one.Public()}), 0)
	c := Defaults()
	c.JWKSFile = path
	var out bytes.Buffer
	g := newGuard(t, c, WithLogger(slog.New(slog.NewTextHandler(&out, nil))))
	first := forge(`{"alg":"ES256","kid":"1"}`, good(), es256(one))
	second := forge(`{"alg":"EdDSA","kid":"2"}`, good(), eddsa(two))
	accepts(t, g, first)
	refuses(t, g, second, ErrUnknownKey)

	replace(t, path, []byte(`{"keys":[`), time.Second) // half written
	accepts(t, g, first)
	accepts(t, g, first)
	if n := strings.Count(out.String(), "WARN"); n != 1 {
		t.Errorf("%d warnings of one broken file:\n%s", n, out.String())
	}

	replace(t, path, setOf(jose.JSONWebKey{KeyID: "2", Key: two.Public()}), 2*time.Second)
	refuses(t, g, first, ErrUnknownKey)
	accepts(t, g, second)

	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	accepts(t, g, second)
	accepts(t, g, second)
	if n := strings.Count(out.String(), "WARN"); n != 2 {
		t.Errorf("%d warnings of a broken and a missing file:\n%s", n, out.String())
	}
	// Back with the same time and size: it is read nevertheless.
	replace(t, path, setOf(jose.JSONWebKey{KeyID: "2", Key: newEdKey().Public()}), 2*time.Second)
	refuses(t, g, second, ErrSignature)
}

// A token is verified only with the key that it names.
func TestKidNamesTheKey(t *testing.T) {
	one, two := newECKey(), newECKey()
	path := filepath.Join(t.TempDir(), "jwks.json")
	replace(t, path, setOf(jose.JSONWebKey{KeyID: "1", Key: one.Public()}, jose.JSONWebKey{KeyID: "2", Key: two.Public()}), 0)
	c := Defaults()
	c.JWKSFile = path
	g := newGuard(t, c)
	for header, want := range map[string]error{
		`{"alg":"ES256","kid":"1"}`:                   nil,
		`{"alg":"ES256"}`:                             nil,
		`{"alg":"ES256","kid":""}`:                    nil,
		`{"alg":"ES256","kid":"2"}`:                   ErrSignature,
		`{"alg":"ES256","kid":"1 "}`:                  ErrUnknownKey,
		`{"alg":"ES256","kid":"1\u0000"}`:             ErrUnknownKey,
		`{"alg":"ES256","kid":"../1"}`:                ErrUnknownKey,
		`{"alg":"ES256","kid":"/dev/null"}`:           ErrUnknownKey,
		`{"alg":"ES256","kid":"' OR 1=1 --"}`:         ErrUnknownKey,
		`{"alg":"ES256","kid":"http://evil.example"}`: ErrUnknownKey,
	} {
		if raw := forge(header, good(), es256(one)); want == nil {
			accepts(t, g, raw)
		} else {
			refuses(t, g, raw, want)
		}
	}
}

func TestKeySetHasABound(t *testing.T) {
	for n, ok := range map[int]bool{MaxKeySet: true, MaxKeySet + 1: false} {
		data, err := readKeySet(strings.NewReader(strings.Repeat(" ", n)))
		if (err == nil) != ok || ok && len(data) != n {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestKeyFileMustBeGoodAtStart(t *testing.T) {
	for name, keys := range map[string]string{
		"empty":           `[]`,
		"no set":          `null`,
		"short secret":    `[{"kty":"oct","k":"AAAA"}]`,
		"for encryption":  strings.Replace("["+a3Key+"]", "{", `{"use":"enc",`, 1),
		"other algorithm": strings.Replace("["+a3Key+"]", "{", `{"alg":"ES384",`, 1),
		"too many":        "[" + strings.Repeat(a3Key+",", MaxKeys) + a3Key + "]",
		"too long":        `[` + strings.Repeat(" ", MaxKeySet) + a3Key + `]`,
	} {
		c := Defaults()
		c.JWKSFile = writeFile(t, keys)
		if _, err := New(t.Context(), c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for name, path := range map[string]string{"missing": filepath.Join(t.TempDir(), "no"), "folder": t.TempDir()} {
		c := Defaults()
		c.JWKSFile = path
		if _, err := New(t.Context(), c); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a JWK says about itself is respected.
func TestKeyOfSet(t *testing.T) {
	private := string(must(jose.JSONWebKey{Key: ecKey()}.MarshalJSON()))
	with := func(key, member string) string { return strings.Replace(key, "{", "{"+member+",", 1) }
	for _, test := range []struct {
		name, key string
		ok        bool
	}{
		{"plain", a2Key, true},
		{"for signatures", with(a2Key, `"use":"sig","alg":"RS256","key_ops":["verify"]`), true},
		{"for encryption", with(a2Key, `"use":"enc"`), false},
		{"unknown use", with(a2Key, `"use":"tls"`), false},
		{"may not verify", with(a2Key, `"key_ops":["encrypt"]`), false},
		{"may do nothing", with(a2Key, `"key_ops":[]`), false},
		{"for another hash", with(a2Key, `"alg":"RS512"`), false},
		{"for PSS", with(a2Key, `"alg":"PS256"`), false},
		{"RSA key for HMAC", with(a2Key, `"alg":"HS256"`), false},
		{"secret for RSA", with(a1Key, `"alg":"RS256"`), false},
		{"secret", with(a1Key, `"alg":"HS256"`), true},
		{"kty missing", `{"n":"AQAB","e":"AQAB"}`, false},
		{"kty unknown", `{"kty":"XYZ"}`, false},
		{"kty does not fit", `{"kty":"EC","n":"AQAB","e":"AQAB"}`, false},
		{"small RSA", `{"kty":"RSA","e":"AQAB","n":"` + strings.Repeat("_", 171) + `"}`, false},
		{"point not on curve", strings.Replace(a3Key, `"y":"x`, `"y":"y`, 1), false},
		{"other curve", `{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}`, false},
		{"Ed25519", ed25519Key, true},
		{"X25519", strings.Replace(ed25519Key, "Ed25519", "X25519", 1), false},
		{"short Ed25519", `{"kty":"OKP","crv":"Ed25519","x":"AAAA"}`, false},
		{"private", private, false},
		{"number", `1`, false},
		{"null", `null`, false},
	} {
		keys, skipped, err := parseSet([]byte(`{"keys":[`+test.key+`]}`), true)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if ok := len(keys) == 1; ok != test.ok || len(skipped) == len(keys) {
			t.Errorf("%s: taken %v, skipped %v", test.name, ok, skipped)
		}
	}
	if keys, _, err := parseSet([]byte(`{"keys":[`+a1Key+`]}`), false); err != nil || len(keys) != 0 {
		t.Errorf("a published secret was taken: %v %v", keys, err)
	}
}
