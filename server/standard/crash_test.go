//go:build unix

package standard_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"madang/chat"
)

// crashRounds is how often the server is killed; the variable CRASH_ROUNDS changes it.
func crashRounds(t *testing.T) int {
	t.Helper()
	text := os.Getenv("CRASH_ROUNDS")
	if text == "" {
		return 20
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("CRASH_ROUNDS is %q, want a number", text)
	}
	return n
}

// A place is where the server is at the moment.
type place struct {
	mu  sync.Mutex
	url string
}

func (p *place) set(url string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.url = url
}

func (p *place) get() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.url
}

// A ledger has what the server has promised: the seq of each nonce that was acknowledged.
type ledger struct {
	mu    sync.Mutex
	acked map[string]int64
	twice []string
}

func (l *ledger) note(nonce string, seq int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if before, ok := l.acked[nonce]; ok && before != seq {
		l.twice = append(l.twice, fmt.Sprintf("%s: %d and %d", nonce, before, seq))
	}
	l.acked[nonce] = seq
}

// copy returns what has been promised so far.
func (l *ledger) copy() map[string]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.acked)
}

// A sender sends a draft once and says whether that was acknowledged.
type sender func(ctx context.Context, url, nonce string) (chat.Sent, error)

// bySocket sends over Socket.IO and connects again when the connection has ended.
func bySocket(t *testing.T, p person, room string) sender {
	var s *socket
	return func(ctx context.Context, url, nonce string) (chat.Sent, error) {
		var sent chat.Sent
		if s == nil {
			var err error
			if s, err = enter(ctx, url, p.token); err != nil {
				return sent, err
			}
		}
		err := s.call("sendMessage", map[string]any{"room": room, "message": "text " + nonce, "nonce": nonce}, &sent)
		if err != nil {
			s.leave(t)
			s = nil
		}
		return sent, err
	}
}

// byREST sends over HTTP.
func byREST(p person, room string) sender {
	return func(ctx context.Context, url, nonce string) (chat.Sent, error) {
		var sent chat.Sent
		err := p.try(ctx, url, http.MethodPost, "/v1/rooms/"+room+"/messages", map[string]any{"text": "text " + nonce, "nonce": nonce}, &sent)
		return sent, err
	}
}

// write sends one message after the other, each again and again until it is acknowledged, until ctx ends. It returns the
// first refusal by a server that lives.
func write(ctx context.Context, at *place, l *ledger, who string, send sender) error {
	for n := 0; ctx.Err() == nil; n++ {
		nonce := fmt.Sprintf("%s-%d", who, n)
		for ctx.Err() == nil {
			sent, err := send(ctx, at.get(), nonce)
			if err == nil {
				if sent.Nonce != nonce || sent.Text != "text "+nonce {
					return fmt.Errorf("%s was answered with %+v", nonce, sent)
				}
				l.note(nonce, sent.Seq)
				time.Sleep(time.Millisecond) // thousands of messages would show no more than hundreds
				break
			}
			var call *callError
			var connect *connectError
			var rest *refusedError
			if errors.As(err, &call) || errors.As(err, &connect) || errors.As(err, &rest) {
				return fmt.Errorf("%s: %w", nonce, err)
			}
			select { // the server is away
			case <-time.After(5 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	}
	return nil
}

// TestKilled kills the server at random moments while people write. What was acknowledged is there afterwards, once,
// under the number that was promised; the numbers have no gap; and whoever listens gets everything, in order.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, "")
	p := serve(t, dir, nil)
	at, promised := &place{url: p.url}, &ledger{acked: map[string]int64{}}
	ann, bob, cho := someone(t, "ann", time.Hour), someone(t, "bob", time.Hour), someone(t, "cho", time.Hour)
	id := room(t, p.url, cho, ann, bob)

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var writers sync.WaitGroup
	for who, send := range map[string]sender{
		"ann": bySocket(t, ann, id), "bob": bySocket(t, bob, id), "rest": byREST(bob, id),
	} {
		writers.Go(func() {
			if err := write(ctx, at, promised, who, send); err != nil {
				t.Error(err)
			}
		})
	}
	listener := &follower{person: cho, room: id}
	var all []chat.MessageView
	for round := range crashRounds(t) {
		listener.follow(t, p.url, len(promised.copy())+5) // until the writers are back
		time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
		before := promised.copy()
		p.kill(t)
		listener.socket.leave(t)
		p = serve(t, dir, nil)
		all = append(all, cho.history(t, p.url, id, int64(len(all)))...)
		check(t, all, before)
		if t.Failed() {
			t.Fatalf("after round %d", round+1)
		}
		at.set(p.url)
	}
	stop()
	writers.Wait()
	all = cho.history(t, p.url, id, 0)
	check(t, all, promised.copy())
	if len(promised.twice) > 0 {
		t.Errorf("acknowledged under two numbers: %v", promised.twice)
	}
	listener.follow(t, p.url, len(all))
	if len(listener.seqs) != len(all) {
		t.Errorf("the listener has %d of %d messages", len(listener.seqs), len(all))
	}
	t.Logf("%d rounds, %d messages, %d of them acknowledged", crashRounds(t), len(all), len(promised.acked))
}

// check compares a history with what was promised.
func check(t *testing.T, all []chat.MessageView, promised map[string]int64) {
	t.Helper()
	found := map[string]int64{}
	for i, m := range all {
		if m.Seq != int64(i)+1 {
			t.Fatalf("message %d of the history has seq %d", i+1, m.Seq)
		}
		if before, ok := found[m.Nonce]; ok {
			t.Errorf("%s is there as %d and %d", m.Nonce, before, m.Seq)
		}
		if m.Text != "text "+m.Nonce {
			t.Errorf("message %d: %+v", m.Seq, m)
		}
		found[m.Nonce] = m.Seq
	}
	for nonce, seq := range promised {
		if found[nonce] != seq {
			t.Errorf("%s was acknowledged as %d and is there as %d", nonce, seq, found[nonce])
		}
	}
}

// A follower hears messages, and after it was away asks for what it has missed.
type follower struct {
	person
	room   string
	socket *socket
	heard  int     // events of this socket
	seqs   []int64 // 1, 2, 3, …: that of what it has
}

// follow connects and goes on until it has enough messages.
func (f *follower) follow(t *testing.T, url string, enough int) {
	t.Helper()
	f.socket, f.heard = f.join(t, url), 0
	f.catchUp(t, url)
	for len(f.seqs) < enough {
		events := f.socket.after(f.heard)
		if events == nil {
			t.Fatalf("the listener hears nothing; it has %d messages and waits for %d", len(f.seqs), enough)
		}
		f.heard += len(events)
		for _, e := range events {
			if e.name == "message.created" {
				f.take(t, e)
			}
		}
	}
}

// catchUp asks for what there is behind what the follower has.
func (f *follower) catchUp(t *testing.T, url string) {
	t.Helper()
	for more := true; more; {
		var page chat.PageView
		f.ask(t, url, http.MethodGet, fmt.Sprintf("/v1/rooms/%s/messages?limit=200&after=%d", f.room, len(f.seqs)), nil, &page)
		for _, m := range page.Messages {
			f.seqs = append(f.seqs, m.Seq)
		}
		more = page.HasNewer
	}
}

// take takes a live message. One that it has already may come again after a crash; one must never be left out.
func (f *follower) take(t *testing.T, e event) {
	t.Helper()
	var m chat.MessageView
	if err := json.Unmarshal(e.data, &m); err != nil {
		t.Fatal(err)
	}
	if last := int64(len(f.seqs)); m.Seq > last+1 {
		t.Fatalf("the listener heard message %d after %d", m.Seq, last)
	} else if m.Seq == last+1 {
		f.seqs = append(f.seqs, m.Seq)
	}
}
