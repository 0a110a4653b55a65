package postgres_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"madang/chat"
	"madang/internal/postgrestest"
	"madang/store/postgres"
)

// TestKill kills PostgreSQL again and again while two nodes store messages, and looks for what was acknowledged. The nodes
// find back by themselves.
func TestKill(t *testing.T) {
	server := postgrestest.StartFor(t)
	c := postgres.Defaults()
	c.URL, c.Connections, c.Timeout = server.Database(t, ""), 4, 5*time.Second
	both := []*postgres.Store{open(t, c), open(t, c)}
	_, _, err := both[0].Chat().EnsureRoom(t.Context(), chat.NewRoom{
		Ref: room(0), Kind: chat.RoomPublic, Members: []chat.NewMember{{User: "kim", Role: chat.RoleOwner}},
	})
	if err != nil {
		t.Fatal(err)
	}
	acked := &ledger{seqs: map[string]int64{}, unsure: map[string]bool{}}
	for round := range 2 {
		var all sync.WaitGroup
		for n, s := range both {
			for i := range 4 {
				all.Go(func() { acked.sendUntilItFails(t, s, fmt.Sprint(round, "-", n, "-", i, "-")) })
			}
		}
		acked.await(t, 100*(round+1))
		server.Kill()
		all.Wait()
		for _, s := range both {
			if err := s.Ready(t.Context()); err == nil {
				t.Error("ready without PostgreSQL")
			}
			_, _, err := s.Chat().EnsureRoom(t.Context(), chat.NewRoom{Ref: room(1), Kind: chat.RoomPublic})
			wantError(t, err, "ensure room", "cannot be reached", "127.0.0.1")
		}
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
		for _, s := range both {
			if err := s.Ready(t.Context()); err != nil {
				t.Error(err)
			}
		}
		acked.check(t, both[round%2])
	}
}

// A ledger has what was acknowledged.
type ledger struct {
	mu     sync.Mutex
	seqs   map[string]int64 // by nonce
	unsure map[string]bool  // what failed
}

func (l *ledger) sendUntilItFails(t *testing.T, s *postgres.Store, prefix string) {
	t.Helper()
	for i := 0; ; i++ {
		nonce := fmt.Sprint(prefix, i)
		a, err := s.Chat().Append(t.Context(), chat.NewMessage{
			Room: room(0), Sender: "kim", Nonce: nonce, Kind: chat.MessageText, Text: "text of " + nonce, At: time.Now(),
		})
		l.mu.Lock()
		if err != nil {
			l.unsure[nonce] = true
		} else {
			l.seqs[nonce] = a.Message.Seq
		}
		l.mu.Unlock()
		if err != nil {
			if errors.Is(err, chat.ErrNotFound) || errors.Is(err, chat.ErrForbidden) {
				t.Errorf("without PostgreSQL: %v", err)
			}
			return
		}
	}
}

// await waits until so many messages were acknowledged.
func (l *ledger) await(t *testing.T, n int) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		l.mu.Lock()
		got := len(l.seqs)
		l.mu.Unlock()
		if got >= n {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d messages were acknowledged", got)
		}
	}
}

// check finds every message that was acknowledged, none twice, no gap, and for each an entry of the outbox.
func (l *ledger) check(t *testing.T, s *postgres.Store) {
	t.Helper()
	found := map[string]int64{}
	var last int64
	for more := true; more; {
		p, err := s.Chat().History(t.Context(), room(0), chat.HistoryQuery{Direction: chat.After, Seq: last, Limit: chat.MaxHistory})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range p.Messages {
			if m.Seq != last+1 {
				t.Fatalf("%d comes after %d", m.Seq, last)
			}
			last = m.Seq
			if was, ok := found[m.Nonce]; ok {
				t.Errorf("%s is there as %d and %d", m.Nonce, was, m.Seq)
			}
			found[m.Nonce] = m.Seq
			if _, ok := l.seqs[m.Nonce]; !ok && !l.unsure[m.Nonce] {
				t.Errorf("%s is there, and nobody sent it", m.Nonce)
			}
		}
		more = p.HasNewer
	}
	for nonce, seq := range l.seqs {
		if found[nonce] != seq {
			t.Errorf("%s was acknowledged as %d and is there as %d", nonce, seq, found[nonce])
		}
	}
	if n, err := s.Chat().OutboxSize(t.Context()); err != nil || n != last {
		t.Errorf("%d outbox entries for %d messages, %v", n, last, err)
	}
}
