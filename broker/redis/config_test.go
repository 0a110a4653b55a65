package redis

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/internal/redistest"
)

func TestURL(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]target{
		"redis://127.0.0.1":                   {addresses: []string{"127.0.0.1:6379"}},
		"redis://h:7/0":                       {addresses: []string{"h:7"}},
		"valkey://[::1]:7":                    {addresses: []string{"[::1]:7"}},
		"rediss://u:p%40%2f@h":                {addresses: []string{"h:6379"}, username: "u", password: "p@/", tls: true},
		"redis://:p@ss@h":                     {addresses: []string{"h:6379"}, password: "p@ss"},
		"redis+cluster://u:p@a,b:7,[::1]":     {addresses: []string{"a:6379", "b:7", "[::1]:6379"}, username: "u", password: "p", cluster: true},
		"rediss+sentinel://:p@a,b:7/mymaster": {addresses: []string{"a:26379", "b:7"}, password: "p", master: "mymaster", tls: true},
	} {
		if got, err := parseURL(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                              "not an address",
		"127.0.0.1:6379":                "not an address",
		"http://secret@h":               "begins with",
		"redis+magic://secret@h":        "what can follow the plus",
		"redis://secret@h/1":            "database",
		"redis+cluster://secret@h/1":    "database",
		"redis://secret@a,b":            "several hosts",
		"redis+sentinel://secret@a":     "no master",
		"redis+sentinel://secret@a/b/c": "no master",
		"redis://secret@":               "no host",
		"redis://secret@h:":             "no host",
		"redis://::1":                   "brackets",
		"redis://secret:%zz@h":          "percent",
		"redis+cluster://secret@a,,b":   "no host",
	} {
		_, err := parseURL(text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v; want something about %q, without what is secret", text, err, want)
		}
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	if err := Defaults().Validate(); err != nil || Defaults().On() {
		t.Errorf("defaults: %v", err)
	}
	for want, change := range map[string]func(*Config){
		"url":        func(c *Config) { c.URL = "nonsense" },
		"prefix":     func(c *Config) { c.Prefix = "{x}" },
		"partitions": func(c *Config) { c.Partitions = 257 },
		"cert":       func(c *Config) { c.TLS.Key = "x" },
		"timeout":    func(c *Config) { c.Timeout = 0 },
		"heartbeat":  func(c *Config) { c.Heartbeat = time.Millisecond },
		"forget":     func(c *Config) { c.Forget = 0 },
	} {
		c := Defaults()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// What cannot be opened says why.
func TestOpenFails(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--requirepass", "right")
	for what, x := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"wrong password": {func(c *Config) { c.URL = "redis://:wrong@" + server.Addr }, "no such user, or the password is wrong"},
		"no password":    {func(c *Config) { c.URL = "redis://" + server.Addr }, "set them in url"},
		"nobody there":   {func(c *Config) { c.URL = "redis://127.0.0.1:1" }, "is the port right?"},
		"no cluster":     {func(c *Config) { c.URL = "redis+cluster://:right@" + server.Addr }, "cluster"},
		"no such file":   {func(c *Config) { c.URL, c.TLS.CA = "rediss://"+server.Addr, "/none" }, "tls.ca"},
		"no TLS there":   {func(c *Config) { c.URL = "rediss://" + server.Addr }, "TLS on only one side"},
	} {
		c := quick("")
		x.change(&c)
		b, err := Open(t.Context(), c, Options{})
		if err == nil {
			_ = b.Close()
		}
		if err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(x.want)) || strings.Contains(err.Error(), "wrong@") {
			t.Errorf("%s: %v; want something about %s", what, err, x.want)
		}
	}
	c := quick(server.URL())
	c.Password = "wrong" // that of the address counts
	b := open(t, c)
	if err := b.Start(t.Context(), newEar()); err != nil {
		t.Fatal(err)
	}
	if err := b.Start(t.Context(), newEar()); !errors.Is(err, madang.ErrClosed) {
		t.Errorf("started twice: %v", err)
	}
	c.Partitions++
	other := open(t, c)
	if err := other.Start(t.Context(), newEar()); err == nil || !strings.Contains(err.Error(), "partitions") {
		t.Errorf("another number of partitions: %v", err)
	}
}

// A user of Redis who may do no more than the documentation says is enough; one who may not hear what is published is told so.
func TestACL(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	c := quick("redis://madang:pw@" + server.Addr)
	server.Do("ACL", "SETUSER", "madang", "on", ">pw", "~"+c.Prefix+"*", "&"+c.Prefix+"*", "+@all", "-@admin", "-@dangerous", "+info")
	b, ear := listen(t, c, room("news"))
	mustSay(t, b, room("news"), 1, 1, hundred)
	eventually(t, "it is heard", func() bool { return len(ear.events(room("news"))) == 1 })
	server.Do("ACL", "SETUSER", "deaf", "on", ">pw", "~*", "resetchannels", "+@all")
	c.URL, c.Timeout = "redis://deaf:pw@"+server.Addr, 200*time.Millisecond
	if err := open(t, c).Start(t.Context(), newEar()); err == nil || !strings.Contains(err.Error(), "publish") {
		t.Errorf("a user who hears nothing: %v", err)
	}
}

// A broker that was closed refuses everything, at once.
func TestClosed(t *testing.T) {
	t.Parallel()
	b, _ := listen(t, quick(standalone(t).URL()), room("news"))
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	_, published := b.Publish(ctx, []*madang.Event{said(room("news"), "x")}, madang.Retention{})
	_, history := b.History(ctx, room("news"), madang.HistoryQuery{})
	_, put := b.Put(ctx, room("news"), madang.Member{Conn: "1.1"})
	_, members := b.Members(ctx, room("news"))
	_, swept := b.Sweep(ctx)
	for what, err := range map[string]error{
		"publish": published, "history": history, "put": put, "members": members, "sweep": swept,
		"subscribe": b.Subscribe(ctx, room("x")), "keep": b.Keep(ctx, "1", time.Minute),
	} {
		if !errors.Is(err, madang.ErrClosed) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestDialer(t *testing.T) {
	c := Defaults()
	if _, err := Dialer(c); err == nil {
		t.Error("there is no address, and it connects")
	}
	c.URL = "redis://127.0.0.1:1"
	c.Partitions = 0
	if _, err := Dialer(c); err == nil {
		t.Error("what is no configuration is taken")
	}
}
