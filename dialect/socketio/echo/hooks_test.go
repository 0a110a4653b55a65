package echo_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"madang/dialect/socketio/echo"
)

// A recorder is Hooks that write down what they are told.
type recorder struct {
	mu   sync.Mutex
	told []string
}

func (r *recorder) note(what string, e echo.HookEvent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s%s%s", what, e.Channel.Name, e.User,
		strings.Join(e.Header["Cookie"], ""), strings.Join(e.Header["Authorization"], ""), e.Event, e.Data)))
}

func (r *recorder) Joined(_ context.Context, e echo.HookEvent)      { r.note("join", e) }
func (r *recorder) Left(_ context.Context, e echo.HookEvent)        { r.note("leave", e) }
func (r *recorder) ClientEvent(_ context.Context, e echo.HookEvent) { r.note("event", e) }

// has reports whether exactly these were told, in any order, and forgets them.
func (r *recorder) has(lines ...string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	told := slices.Sorted(slices.Values(r.told))
	if !slices.Equal(told, slices.Sorted(slices.Values(lines))) {
		return false
	}
	r.told = nil
	return true
}

func TestHooks(t *testing.T) {
	r := &recorder{}
	n := start(t, options{hooks: r, change: recovering})
	kim := &client{Socket: n.Session(t, v3, map[string][]string{"Cookie": {"s=1"}}), n: n, user: "kim"}
	want(t, kim, "40")
	kim.id = kim.SID
	check := func(lines ...string) {
		t.Helper()
		eventually(t, fmt.Sprintf("%q are told", lines), func() bool { return r.has(lines...) })
	}
	kim.joined(t, "news")
	check("join news  s=1")
	kim.joined(t, "presence-a")
	check("join presence-a kim s=1 Bearer kim")
	kim.subscribe("presence-a") // it is there already
	kim.Until(t, `42["presence:subscribed"`)
	kim.subscribe("private-secret")
	kim.Until(t, `42["subscription_error"`)
	kim.unsubscribe("private-never")
	kim.whisper("presence-a", "client-e", `{"a":1}`)
	check(`event presence-a kim s=1 Bearer kimclient-e{"a":1}`)
	kim.unsubscribe("presence-a")
	check("leave presence-a kim s=1 Bearer kim")
	kim.joined(t, "private-b")
	check("join private-b  s=1 Bearer kim")
	kim.away(t)
	check("leave private-b  s=1 Bearer kim", "leave news  s=1")

	lee := n.resumer(t, "lee")
	lee.joined(t, "presence-a")
	check("join presence-a lee  Bearer lee")
	lee.away(t)
	check("leave presence-a lee  Bearer lee")
	lee.dial(t)
	check("join presence-a lee")
}

// Who loses the right to a channel is told, leaves the presence set, and can ask again.
func TestRevoked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const room = "presence-short"
		r := &recorder{}
		n := start(t, options{hooks: r})
		kim := n.connect(t, v4, "kim").joined(t, room)
		time.Sleep(5 * time.Second)
		lee := n.connect(t, v4, "lee").joined(t, room)
		want(t, kim, joining(room, member("lee", lee.id)), `42["subscription_error","presence-short",403]`)
		want(t, lee, leaving(room, "kim"))
		if !r.has("join presence-short kim  Bearer kim", "join presence-short lee  Bearer lee", "leave presence-short kim  Bearer kim") {
			t.Errorf("told %q", r.told)
		}
		kim.subscribe(room)
		want(t, kim, here(room, member("kim", kim.id), member("lee", lee.id)), leaving(room, "lee"))
	})
}
