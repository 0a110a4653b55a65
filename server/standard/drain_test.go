//go:build unix

package standard_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"madang/chat"
)

// TestStopsInGoodOrder tells a server to stop while people write. Everybody's connection is closed, and nobody gets a
// DISCONNECT, after which clients would not come back by themselves. Whatever is stored has been acknowledged, and the
// other way round.
func TestStopsInGoodOrder(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, "")
	p := serve(t, dir, nil)
	ann := someone(t, "ann", time.Hour)
	id := room(t, p.url, ann)
	promised := &ledger{acked: map[string]int64{}}
	var writers sync.WaitGroup
	var all []*socket
	for i := range 10 {
		s := ann.join(t, p.url)
		all = append(all, s)
		writers.Go(func() { talk(t, s, id, fmt.Sprint("socket-", i), promised) })
	}
	rest := byREST(ann, id)
	for i := range 4 {
		writers.Go(func() {
			for n := 0; ; n++ {
				nonce := fmt.Sprintf("rest-%d-%d", i, n)
				sent, err := rest(t.Context(), p.url, nonce)
				if err != nil {
					if refused := (*refusedError)(nil); errors.As(err, &refused) {
						t.Errorf("%s: %v", nonce, err)
					}
					return
				}
				promised.note(nonce, sent.Seq)
			}
		})
	}
	for len(promised.copy()) < 100 {
		time.Sleep(time.Millisecond) // until everybody writes
	}
	p.signal(t)
	status, _ := p.wait(t)
	if status != 0 {
		t.Errorf("exit status %d\n%s", status, p.errors.String())
	}
	writers.Wait()
	for i, s := range all {
		<-s.gone
		if s.dismissed() {
			t.Errorf("connection %d was told to go for good", i)
		}
	}
	p = serve(t, dir, nil)
	stored, acked := ann.history(t, p.url, id, 0), promised.copy()
	check(t, stored, acked)
	for _, m := range stored {
		if acked[m.Nonce] == 0 {
			t.Errorf("%s is stored and was not acknowledged", m.Nonce)
		}
	}
}

// talk sends messages, several at a time, until the connection ends.
func talk(t *testing.T, s *socket, room, who string, promised *ledger) {
	type call struct {
		nonce  string
		answer <-chan json.RawMessage
	}
	var calls []call
	for n := 0; ; n++ {
		nonce := fmt.Sprintf("%s-%d", who, n)
		c, err := s.begin("sendMessage", map[string]any{"room": room, "message": "text " + nonce, "nonce": nonce})
		if calls = append(calls, call{nonce, c}); err == nil && len(calls) < 4 {
			continue
		}
		answer, err := s.answer(calls[0].answer)
		if errors.Is(err, errGone) {
			break
		}
		var sent chat.Sent
		if err == nil {
			err = read(answer, &sent)
		}
		if err != nil {
			t.Errorf("%s: %v", calls[0].nonce, err)
			return
		}
		promised.note(calls[0].nonce, sent.Seq)
		calls = calls[1:]
	}
	for _, c := range calls {
		if answer, err := s.answer(c.answer); err == nil {
			var sent chat.Sent
			if err := read(answer, &sent); err != nil {
				t.Errorf("%s: %v", c.nonce, err)
				continue
			}
			promised.note(c.nonce, sent.Seq)
		}
	}
}

// TestGrace checks that a server that is about to stop says so to load balancers and goes on serving for a while.
func TestGrace(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, "drain: {grace: 2s, spread: 100ms, timeout: 20s}\n")
	p := serve(t, dir, nil)
	ann := someone(t, "ann", time.Hour)
	id := room(t, p.url, ann)
	s := ann.join(t, p.url)
	if a := get(t, p.url+"/readyz"); a.status != http.StatusOK {
		t.Errorf("/readyz: %d %s", a.status, a.body)
	}
	p.signal(t)
	for get(t, p.url+"/readyz").status != http.StatusServiceUnavailable {
		time.Sleep(5 * time.Millisecond) // until the signal has arrived
	}
	if a := get(t, p.url+"/livez"); a.status != http.StatusOK {
		t.Errorf("/livez: %d %s", a.status, a.body)
	}
	s.must(t, "sendMessage", map[string]any{"room": id, "message": "still here"}, nil)
	if status, _ := p.wait(t); status != 0 {
		t.Errorf("exit status %d\n%s", status, p.errors.String())
	}
	if <-s.gone; s.dismissed() {
		t.Error("the client was told to go for good")
	}
}
