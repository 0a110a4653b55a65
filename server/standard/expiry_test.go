//go:build unix

package standard_test

import (
	"errors"
	"testing"
	"time"

	"madang/chat"
)

// shortly is how long a token lasts that is to end: long enough to come in with it on a loaded machine.
const shortly = 4 * time.Second

// TestTokenEnds lets a token expire on live connections, of which one has renewed it: the other is sent away.
func TestTokenEnds(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, "")
	p := serve(t, dir, nil)
	ann := someone(t, "ann", time.Hour)
	id := room(t, p.url, ann, someone(t, "bob", time.Hour))
	a := ann.join(t, p.url)
	bob := someone(t, "bob", shortly)
	b, renewed := bob.join(t, p.url), bob.join(t, p.url)

	var until struct{ Expires *time.Time }
	renewed.must(t, "renew", map[string]any{"token": someone(t, "bob", time.Hour).token}, &until)
	if until.Expires == nil || time.Until(*until.Expires) < 50*time.Minute {
		t.Errorf("renewed until %v", until.Expires)
	}
	exchange(t, a, id, "before", b, renewed)
	select {
	case <-b.told:
	case <-time.After(shortly + patience):
		t.Error("the token is over and its connection is still there")
	}
	exchange(t, a, id, "after", renewed)
	if n := b.count("message.created"); n != 1 {
		t.Errorf("a connection whose token is over has heard %d messages, want 1", n)
	}
	var refused *connectError
	if s, err := enter(t.Context(), p.url, bob.token); err == nil {
		s.leave(t)
		t.Error("a token that is over was taken")
	} else if !errors.As(err, &refused) || refused.Data.Code != "token_expired" || refused.Message != invalid {
		t.Errorf("a token that is over: %v", err)
	}
}

// invalid is what people are told of tokens that are no good.
const invalid = "유효하지 않거나 만료된 토큰입니다."

// exchange sends a message and waits until it is heard.
func exchange(t *testing.T, from *socket, room, text string, to ...*socket) {
	t.Helper()
	from.must(t, "sendMessage", map[string]any{"room": room, "message": text}, nil)
	for _, s := range to {
		hear(t, s, "message.created", func(m chat.MessageView) bool { return m.Text == text })
	}
}

// TestTokenEndsInModePerEvent lets a token expire where connections outlive it: its rights end, and a new token gives them
// back.
func TestTokenEndsInModePerEvent(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, "socketio: {namespaces: {/chat: {mode: per-event}}}")
	p := serve(t, dir, nil)
	ann := someone(t, "ann", time.Hour)
	id := room(t, p.url, ann, someone(t, "bob", time.Hour))
	a := ann.join(t, p.url)
	bob := someone(t, "bob", shortly)
	made := time.Now()
	b := bob.join(t, p.url)
	exchange(t, a, id, "before", b)
	for b.count("exception") == 0 {
		if _, err := b.begin("rooms", nil); err != nil {
			t.Fatal(err)
		}
		if over := time.Since(made.Add(shortly)); over > patience {
			t.Fatalf("the token is over for %v and its connection may still ask", over)
		}
		time.Sleep(20 * time.Millisecond) // until the token is over
	}
	type exception struct{ Status, Message string }
	if e := hear(t, b, "exception", func(exception) bool { return true }); e != (exception{"error", invalid}) {
		t.Errorf("refused with %+v", e)
	}
	exchange(t, a, id, "meanwhile")
	var other *callError
	err := b.call("renew", map[string]any{"token": ann.token}, nil)
	if !errors.As(err, &other) || other.Code != "forbidden" {
		t.Errorf("renewed with somebody else's token: %v", err)
	}
	b.must(t, "renew", map[string]any{"token": someone(t, "bob", time.Hour).token}, nil)
	b.must(t, "rooms", nil, nil)
	exchange(t, a, id, "after", b)
	if n := b.count("message.created"); n != 2 {
		t.Errorf("%d messages were heard, want those before and after", n)
	}
}

// TestTokenIsAboutToEnd checks that a client hears of it a minute before.
func TestTokenIsAboutToEnd(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, "")
	p := serve(t, dir, nil)
	s := someone(t, "ann", 62*time.Second).join(t, p.url)
	e := hear(t, s, "token.expiring", func(struct{ Expires time.Time }) bool { return true })
	if left := time.Until(e.Expires); left > time.Minute || left < 0 {
		t.Errorf("told %v before the end", left)
	}
}
