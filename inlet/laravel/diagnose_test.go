package laravel

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"madang"
	"madang/internal/redistest"
)

// A page is what is written, while it is being written.
type page struct {
	mu   sync.Mutex
	text strings.Builder
}

func (p *page) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *page) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// diagnose runs Diagnose while publish makes Laravel's part, until the page says what is awaited.
func diagnose(t *testing.T, c Config, publish func(), await string) string {
	t.Helper()
	var p page
	ctx, end := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Diagnose(ctx, c, &p, time.Hour) }()
	eventually(t, "it listens", func() bool { return strings.Contains(p.String(), "Make Laravel broadcast something now") })
	publish()
	eventually(t, await, func() bool { return strings.Contains(p.String(), await) })
	end()
	if err := <-done; err != nil {
		t.Error(err)
	}
	return p.String()
}

func TestDiagnose(t *testing.T) {
	r := redistest.Start(t)
	c := quick()
	c.URL, c.Prefixes = r.URL(), []string{"laravel_database_"}
	got := diagnose(t, c, func() {
		for _, m := range [][2]string{
			{"laravel_database_news", sent}, {"laravel_database_news", shipped}, {"laravel-database-private-chat.1", sent},
			{"shop_presence-room", sent}, {"news", sent}, {"laravel_database_news2", "no JSON"}, {"__keyspace@0__:k", "set"},
			{"laravel_database_$all", sent}, {presenceChannel, `{"event":{"channel":"presence-a:members","members":[]}}`}, {"the_last_database_one", sent},
		} {
			r.Do("PUBLISH", m[0], m[1])
		}
	}, "the_last")
	for _, want := range []string{
		"Redis at " + r.Addr + " answers.\n", "Nobody else listens",
		`  delivered  laravel_database_news as news: App\Events\MessageSent` + "\n",
		`  ignored    laravel-database-private-chat.1: the prefix "laravel-database-" is not configured` + "\n",
		`  ignored    shop_presence-room: the prefix "shop_" is not configured` + "\n",
		"  ignored    news: none of the configured prefixes stands before it\n",
		"  ignored    laravel_database_news2: not a JSON object in UTF-8\n",
		"  ignored    laravel_database_$all: channel \"$all\": names that begin with $",
		"  ignored    PresenceChannelUpdated: laravel-echo-server, or this server, says here who is in presence channels",
		"Heard 10 messages in 9 channels: 2 would be delivered, 4 have another prefix, 4 are no events of Laravel.\n",
		`Configured prefixes: "laravel_database_"`,
		`1 message with the prefix "laravel-database-"`, `1 message with the prefix "shop_"`,
		`laravel.prefixes: ["laravel_database_", "laravel-database-", "shop_", "the_last_database_"]`, "for example news.",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
	if strings.Contains(got, "broadcast nothing") {
		t.Errorf("%s", got)
	}
}

// One wrong prefix and nothing else: the right one takes its place.
func TestDiagnoseWrongPrefix(t *testing.T) {
	r := redistest.Start(t)
	c := quick()
	c.URL, c.Prefixes = r.URL(), []string{"laravel_database_"}
	got := diagnose(t, c, func() { r.Do("PUBLISH", "shop_database_news", shipped) }, "shop_database_news")
	want := "What is missing:\n  1 message with the prefix \"shop_database_\"\nTo have it delivered, set\n" +
		"    laravel.prefixes: [\"shop_database_\"]\nor, in laravel-echo-server.json, which can name one only,\n" +
		"    databaseConfig.redis.keyPrefix: \"shop_database_\"\n"
	if !strings.Contains(got, want) {
		t.Errorf("%s", got)
	}
}

// Somebody else listens, the user may hear the prefixes only, and one that begins alike is not counted twice.
func TestDiagnoseWithFewRights(t *testing.T) {
	r := redistest.Start(t)
	r.Do("ACL", "SETUSER", "madang", "on", ">word", "&laravel_*", "&laravel_database_*", "-@all", "+hello", "+ping", "+psubscribe", "+pubsub|numpat")
	c := quick()
	c.URL, c.Prefixes = "redis://madang:word@"+r.Addr, []string{"laravel_", "laravel_database_"}
	got := diagnose(t, c, func() {
		r.Do("PUBLISH", "laravel_database_news", shipped)
		r.Do("PUBLISH", "laravel_end", shipped)
	}, "laravel_end")
	for _, want := range []string{
		"may not listen to all channels", "delivered  laravel_database_news as news: order.shipped", "Heard 2 messages in 2 channels: 2 would",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
}

// Time runs out, and nothing was heard.
func TestDiagnoseSilence(t *testing.T) {
	r := redistest.Start(t)
	c := quick()
	c.URL = r.URL()
	h := hubs(t, 1, madang.Config{})[0]
	ready(t, start(t, h, c, Options{}))
	var p page
	if err := Diagnose(t.Context(), c, &p, 50*time.Millisecond); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"Somebody listens to 2 patterns", "Laravel has broadcast nothing here", "BROADCAST_CONNECTION=redis"} {
		if !strings.Contains(p.String(), want) {
			t.Errorf("no %q in:\n%s", want, &p)
		}
	}
}

func TestDiagnoseWithoutRedis(t *testing.T) {
	r := redistest.Start(t, "--requirepass", "secret")
	c := quick()
	var p page
	if err := Diagnose(t.Context(), c, &p, time.Hour); err == nil || !strings.Contains(err.Error(), "neither url nor addresses") {
		t.Errorf("no address: %v", err)
	}
	c.Addresses = []string{r.Addr}
	if err := Diagnose(t.Context(), c, &p, time.Hour); err == nil || !strings.Contains(err.Error(), "Redis wants a password") {
		t.Errorf("no password: %v", err)
	}
	r.Kill()
	if err := Diagnose(t.Context(), c, &p, time.Hour); err == nil || !strings.Contains(err.Error(), "nothing listens at that address") {
		t.Errorf("no Redis: %v", err)
	}
}

// Names that others choose do not reach the terminal as they are.
func TestDiagnoseQuotes(t *testing.T) {
	r := redistest.Start(t)
	c := quick()
	c.URL, c.Prefixes = r.URL(), []string{"laravel_database_"}
	got := diagnose(t, c, func() {
		r.Do("PUBLISH", "laravel_database_a\x1b[2J", sent)
		r.Do("PUBLISH", "laravel_database_b", `{"event":"e\u001b]0;x\u0007","data":1}`)
		r.Do("PUBLISH", "c\rd\xff: e", sent)
		r.Do("PUBLISH", "laravel_database_안녕", sent)
	}, "as 안녕: App")
	if strings.ContainsAny(got, "\x1b\r\a") || strings.Contains(got, "\xff") {
		t.Errorf("%q", got)
	}
	for _, want := range []string{`"laravel_database_a\x1b[2J"`, `as b: "e\x1b]0;x\a"`, `"c\rd\xff: e"`, "for example \"c"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in:\n%s", want, got)
		}
	}
}

func TestGuessPrefix(t *testing.T) {
	for channel, want := range map[string]string{
		"laravel_database_news": "laravel_database_", "my-app-database-news": "my-app-database-", "x:presence-a": "x:",
		"private-a": "", "shop_database_private-presence-x": "shop_database_",
	} {
		if got, ok := guessPrefix(channel); !ok || got != want {
			t.Errorf("%s: %q, %v", channel, got, ok)
		}
	}
	if p, ok := guessPrefix("news"); ok {
		t.Errorf("guessed %q", p)
	}
}
