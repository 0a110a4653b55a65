package token

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

func TestConfigRefused(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"there is no key":                   func(c *Config) { c.Secret = "" },
		"secret has 15 bytes":               func(c *Config) { c.Secret = "YOUR_SECRET_KEY" },
		"secrets[1] has 0 bytes":            func(c *Config) { c.Secrets = []string{testSecret, ""} },
		"secret is a key in PEM":            func(c *Config) { c.Secret = pemOf(ecKey().Public()) },
		"jwks_url: the address must begin":  func(c *Config) { c.JWKSURL = "http://id.example/jwks.json" },
		"jwks_url: the address has no host": func(c *Config) { c.JWKSURL = "file:///etc/jwks.json" },
		"jwks_url is not an address":        func(c *Config) { c.JWKSURL = "https://u:p@h:x/" },
		"jwks_refresh is 59s":               func(c *Config) { c.JWKSURL, c.JWKSRefresh = "https://id.example", 59*time.Second },
		"leeway is -1ns":                    func(c *Config) { c.Leeway = -1 },
		"leeway is 5m0.000000001s":          func(c *Config) { c.Leeway = MaxLeeway + 1 },
		"max_age is -1ns":                   func(c *Config) { c.MaxAge = -1 },
		"user_claims is empty":              func(c *Config) { c.UserClaims = nil },
		"name_claims[0] is empty":           func(c *Config) { c.NameClaims = []string{""} },
		"audience[1] is empty":              func(c *Config) { c.Audience = []string{"a", ""} },
		"app and app_claim are both set":    func(c *Config) { c.App, c.AppClaim = "a", "b" },
		`default_locale is "fr"`:            func(c *Config) { c.DefaultLocale = "fr" },
		"public_keys[0]":                    func(c *Config) { c.PublicKeys = []string{"/no/such.pem"} },
	} {
		if _, err := New(t.Context(), withSecret(change)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		} else if strings.Contains(err.Error(), "YOUR_SECRET") || strings.Contains(err.Error(), "u:p") {
			t.Errorf("the error tells a secret: %v", err)
		}
	}
	if err := withSecret(nil).Validate(); err != nil {
		t.Error(err)
	}
}

func TestConfigInYAML(t *testing.T) {
	c := Defaults()
	err := yaml.Unmarshal([]byte(strings.Join([]string{
		"secret: " + testSecret, "secrets: [a]", "public_keys: [b]", "jwks_url: c", "jwks_file: d", "jwks_refresh: 1h", "issuer: e",
		"audience: [f, g]", "leeway: 3s", "require_exp: false", "max_age: 24h", "user_claims: [h]", "name_claims: []", "app: i",
		"app_claim: j", "default_locale: en",
	}, "\n")), &c)
	if err != nil {
		t.Fatal(err)
	}
	if c.Secret != testSecret || c.Secrets[0] != "a" || c.PublicKeys[0] != "b" || c.JWKSURL != "c" || c.JWKSFile != "d" ||
		c.JWKSRefresh != time.Hour || c.Issuer != "e" || len(c.Audience) != 2 || c.Leeway != 3*time.Second || c.RequireExp ||
		c.MaxAge != 24*time.Hour || c.UserClaims[0] != "h" || len(c.NameClaims) != 0 || c.App != "i" || c.AppClaim != "j" ||
		c.DefaultLocale != English {
		t.Errorf("%+v", c)
	}
}

func pemBlock(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func TestPublicKeys(t *testing.T) {
	small := must(rsa.GenerateKey(rand.Reader, 1024))
	p384 := must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	two := pemOf(ecKey().Public()) + "\n\n" + pemOf(edKey().Public())
	for _, test := range []struct {
		name, text string
		keys       int // 0: refused
	}{
		{"RSA", pemOf(rsaKey().Public()), 1},
		{"RSA in PKCS #1", pemBlock("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&rsaKey().PublicKey)), 1},
		{"two", two, 2},
		{"small RSA", pemOf(small.Public()), 0},
		{"P-384", pemOf(p384.Public()), 0},
		{"private", pemBlock("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(ecKey()))), 0},
		{"private EC", pemBlock("EC PRIVATE KEY", must(x509.MarshalECPrivateKey(ecKey()))), 0},
		{"certificate", pemBlock("CERTIFICATE", []byte("x")), 0},
		{"not DER", pemBlock("PUBLIC KEY", []byte("x")), 0},
		{"text before", "hello\n" + two, 0},
		{"text between", pemOf(ecKey().Public()) + "hello\n" + pemOf(edKey().Public()), 0},
		{"text behind", two + "hello", 0},
		{"cut off", two[:len(two)-10], 0},
	} {
		path := filepath.Join(t.TempDir(), "key.pem")
		if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, item := range []string{test.text, path} {
			keys, err := readPublicKeys(item)
			if len(keys) != test.keys || (err == nil) != (test.keys > 0) {
				t.Errorf("%s: %d keys, %v", test.name, len(keys), err)
			}
		}
	}
	if _, err := parsePEM([]byte(" \n")); err == nil {
		t.Error("an empty file was accepted")
	}
}
