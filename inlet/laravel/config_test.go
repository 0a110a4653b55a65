package laravel

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestPrefixes(t *testing.T) {
	p := newPrefixes([]string{"a_", "a_b_", "a_", "x*[y]?\\"})
	if got := strings.Join(p.patterns(), " "); got != `x\*\[y\]\?\\* a_b_* a_*` {
		t.Errorf("patterns: %s", got)
	}
	for channel, want := range map[string]string{"a_news": "news", "a_b_news": "news", "a_b": "b", `x*[y]?\n`: "n", "a_": ""} {
		if _, name, ok := p.cut(channel); !ok || name != want {
			t.Errorf("%s: %q, %v", channel, name, ok)
		}
	}
	if _, _, ok := p.cut("b_news"); ok {
		t.Error("a foreign channel was taken")
	}
	if by, name, ok := newPrefixes([]string{""}).cut("news"); !ok || name != "news" || by.pattern != "*" {
		t.Errorf("%v %q %v", by, name, ok)
	}
}

func TestValidate(t *testing.T) {
	if err := Defaults().Validate(); err != nil || Defaults().On() {
		t.Errorf("defaults: %v, on: %v", err, Defaults().On())
	}
	for want, change := range map[string]func(*Config){
		"url and addresses are both set": func(c *Config) { c.URL, c.Addresses = "redis://a", []string{"a:1"} },
		"master is set: give the ":       func(c *Config) { c.URL, c.Master = "redis://a", "m" },
		"master is set, but no address":  func(c *Config) { c.Master = "m" },
		`url begins with "http"`:         func(c *Config) { c.URL = "http://a" },
		"url names no host":              func(c *Config) { c.URL = "redis://:1" },
		"url is not an address":          func(c *Config) { c.URL = "redis://:geheim@a b:x" },
		"three slashes":                  func(c *Config) { c.URL = "unix://run/redis.sock" },
		`addresses[1] is "b"`:            func(c *Config) { c.Addresses = []string{"a:1", "b"} },
		"prefixes is empty":              func(c *Config) { c.Prefixes = nil },
		"prefixes[0]":                    func(c *Config) { c.Prefixes = []string{"\n"} },
		"cert and key belong together":   func(c *Config) { c.TLS.Cert = "x" },
		"max_payload is 0":               func(c *Config) { c.MaxPayload = 0 },
		"heartbeat is 0s":                func(c *Config) { c.Heartbeat = 0 },
		"timeout is -1s":                 func(c *Config) { c.Timeout = -time.Second },
		"retry_max is 1ms":               func(c *Config) { c.RetryMax = time.Millisecond },
	} {
		c := Defaults()
		change(&c)
		err := c.Validate()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%q: %v", want, err)
		}
	}
}

func TestURL(t *testing.T) {
	for in, want := range map[string]target{
		"redis://me:pass@h:1/5": {"tcp", "h:1", "me", "pass", false},
		"rediss://h":            {"tcp", "h:6379", "", "", true},
		"redis://:p%40@[::1]":   {"tcp", "[::1]:6379", "", "p@", false},
		"unix:///run/r.sock":    {"unix", "/run/r.sock", "", "", false},
	} {
		if got, err := parseURL(in); err != nil || got != want {
			t.Errorf("%s: %+v, %v", in, got, err)
		}
	}
}

func TestFilesThatAreNotThere(t *testing.T) {
	dir := t.TempDir()
	junk := filepath.Join(dir, "junk.pem")
	if err := os.WriteFile(junk, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, tls := range map[string]TLS{
		"tls.ca: stat ":                  {CA: filepath.Join(dir, "none")},
		"there is no certificate in PEM": {CA: junk},
		"tls.cert and tls.key":           {Cert: junk, Key: junk},
	} {
		c := Defaults()
		c.URL, c.TLS = "redis://127.0.0.1", tls
		if _, err := newDialer(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}
