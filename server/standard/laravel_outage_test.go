//go:build unix

package standard_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madang/internal/redistest"
)

// stream has Laravel broadcast one message after another until the test ends, whether or not Redis takes them.
func stream(t *testing.T, app *atomic.Pointer[string]) {
	var wg sync.WaitGroup
	var stop atomic.Bool
	wg.Go(func() {
		for n := 0; !stop.Load(); n++ {
			_ = publishPublic(*app.Load(), fmt.Sprintf("stream %d", n)) // Redis may be away
		}
	})
	t.Cleanup(func() { stop.Store(true); wg.Wait() })
}

// mustArrive has Laravel broadcast some messages, which all clients must hear once and in order.
func mustArrive(t *testing.T, app, name string, clients ...*pageClient) {
	t.Helper()
	var want []string
	for n := range 10 {
		want = append(want, fmt.Sprintf("%s %d", name, n))
		if err := publishPublic(app, want[n]); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for _, c := range clients {
		if got := c.hearPublic(name+" ", want[len(want)-1]); !slices.Equal(got, want) {
			t.Errorf("%s: heard %q", name, got)
		}
	}
}

// audience connects clients of both kinds to a server and lets them into the channel public.
func audience(t *testing.T, server string) []*pageClient {
	t.Helper()
	var all []*pageClient
	for eio, token := range map[int]string{3: "token-of-1", 4: "token-of-2"} {
		c := echoPage(t, server, token, eio)
		c.subscribe("public")
		c.subscribe("private-chat.999") // refused, and handled when public has been
		if s := c.next(); s.String() != "private-chat.999 subscription_error 403" {
			t.Fatalf("heard %s", s)
		}
		all = append(all, c)
	}
	return all
}

// TestLaravelRedisDies kills Redis under the traffic of a real Laravel, twice. Clients stay connected and hear all that is
// published once Redis is back.
func TestLaravelRedisDies(t *testing.T) {
	redis := redistest.Start(t)
	app := laravelApp(t, redis)
	dir := echoFolder(t, laravelFile(t, app, fmt.Sprintf(`"host": "127.0.0.1", "port": "%d"`, redis.Port)))
	p := echoServe(t, dir, "serve", "--echo-config", "laravel-echo-server.json")
	awaitReady(t, p.url, 200)
	clients := audience(t, p.url)
	var at atomic.Pointer[string]
	at.Store(&app)
	stream(t, &at)
	mustArrive(t, app, "before", clients...)
	for n := range 2 {
		redis.Kill()
		if said := awaitReady(t, p.url, 503); !strings.Contains(said, "laravel") {
			t.Errorf("/readyz does not say what is wrong: %s", said)
		}
		if a := get(t, p.url+"/livez"); a.status != 200 {
			t.Errorf("/livez: %d", a.status)
		}
		redis.Restart()
		awaitReady(t, p.url, 200)
		mustArrive(t, app, fmt.Sprintf("after%d", n), clients...)
	}
	for _, c := range clients {
		c.close()
	}
	p.stop(t)
	log := p.errors.String()
	for words, want := range map[string]int{
		"listening to what Laravel publishes": 1, "Laravel's Redis is heard again; what was published in between is lost": 2,
	} {
		if got := strings.Count(log, words); got != want {
			t.Errorf("%d times %q, want %d, in\n%s", got, words, want, log)
		}
	}
	if got := strings.Count(log, "Laravel's Redis is not heard"); got < 2 || got > 6 { // for each outage, once for each reason
		t.Errorf("%d outages in\n%s", got, log)
	}
}

// TestLaravelSentinelFailover kills the master under the traffic of a real Laravel: the Sentinels make another one, the
// server finds it, and stays with it when the old one comes back.
func TestLaravelSentinelFailover(t *testing.T) {
	redis := redistest.StartSentinels(t, "secret", "word")
	var addrs []string
	for _, s := range redis.Sentinels {
		addrs = append(addrs, fmt.Sprintf(`{"host": "127.0.0.1", "port": %d}`, s.Port))
	}
	app := laravelApp(t, redis.Master, "REDIS_PASSWORD=secret")
	dir := echoFolder(t, laravelFile(t, app, fmt.Sprintf(`"sentinels": [%s], "name": %q, "password": "secret", "sentinelPassword": "word"`,
		strings.Join(addrs, ", "), redistest.MasterName)))
	p := echoServe(t, dir, "serve", "--echo-config", "laravel-echo-server.json")
	awaitReady(t, p.url, 200)
	clients := audience(t, p.url)
	var at atomic.Pointer[string]
	at.Store(&app)
	stream(t, &at)
	mustArrive(t, app, "before", clients...)

	old := redis.Master
	old.Kill()
	awaitReady(t, p.url, 503)
	next := redis.Promoted()
	moved := laravelApp(t, next, "REDIS_PASSWORD=secret") // as whoever points Laravel at the master does
	at.Store(&moved)
	awaitReady(t, p.url, 200)
	mustArrive(t, moved, "after", clients...)

	old.Restart()
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		if role, err := old.Try("ROLE"); err == nil && strings.HasPrefix(role, "slave\n") {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the old master does not obey")
		}
	}
	mustArrive(t, moved, "later", clients...)
	for _, c := range clients {
		c.close()
	}
	p.stop(t)
	log := p.errors.String()
	if !strings.Contains(log, "Laravel's Redis is not heard") || !strings.Contains(log, "is heard again") {
		t.Errorf("log\n%s", log)
	}
	if strings.Contains(log, "secret") {
		t.Error("a password is in the log")
	}
}
