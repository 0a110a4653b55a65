package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"madang/chat"
	"madang/store/sqlite"
)

// The environment of the kill test: killChild makes the test binary the process that is to be killed, with the database's
// path as value; killRounds is how often it is (default 20), for a longer run by hand.
const (
	killChild  = "MADANG_TEST_KILL_CHILD"
	killRounds = "MADANG_TEST_KILL_ROUNDS"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(killChild); path != "" {
		if err := sendForEver(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// sendForEver appends from several goroutines and prints what has been acknowledged, until it is killed.
func sendForEver(path string) error {
	ctx := context.Background()
	c := sqlite.Defaults()
	c.Path = path
	s, err := sqlite.Open(ctx, c)
	if err != nil {
		return err
	}
	r, _, err := s.Chat().EnsureRoom(ctx, chat.NewRoom{
		Ref: room(0), Kind: chat.RoomPublic, Members: []chat.NewMember{{User: "kim", Role: chat.RoleOwner}},
	})
	if err != nil {
		return err
	}
	failed := make(chan error)
	for i := range 8 {
		go func() {
			for n := 0; ; n++ {
				// Nonces differ between rounds, because each starts with another number of messages.
				m := message(0, n)
				m.Nonce = fmt.Sprint(r.LastSeq, "-", i, "-", n)
				a, err := s.Chat().Append(ctx, m)
				if err != nil {
					failed <- err
					return
				}
				// One write for each line: a line is printed as a whole or not at all.
				if _, err := fmt.Printf("%d %s\n", a.Message.Seq, m.Nonce); err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}

// TestKill kills a process that stores messages, without warning and at random moments, and looks for what it had
// acknowledged.
func TestKill(t *testing.T) {
	rounds := 20
	if v := os.Getenv(killRounds); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil {
			t.Fatalf("%s: %v", killRounds, err)
		}
		rounds = n
	}
	path := filepath.Join(t.TempDir(), "madang.db")
	acked := make(map[int64]string)
	for round := range rounds {
		before := len(acked)
		killAfter(t, path, 1+rand.IntN(300), acked)
		last := checkAcked(t, path, acked)
		t.Logf("round %d: %d acknowledged, %d stored in all", round, len(acked)-before, last)
	}
}

// killAfter runs the child until it has acknowledged n messages, kills it, and adds all it has printed to acked.
func killAfter(t *testing.T, path string, n int, acked map[int64]string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), killChild+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	count := 0
	for ; lines.Scan(); count++ {
		var seq int64
		var nonce string
		if _, err := fmt.Sscan(lines.Text(), &seq, &nonce); err != nil {
			t.Fatalf("line %q: %v", lines.Text(), err)
		}
		if old, ok := acked[seq]; ok {
			t.Errorf("seq %d was given to %s and to %s", seq, old, nonce)
		}
		acked[seq] = nonce
		if count == n { // what it has printed until it dies still counts
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	if err := lines.Err(); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err == nil || count < n {
		t.Fatalf("the child ended by itself after %d messages: %v", count, err)
	}
}

// checkAcked opens what the dead left and returns the last seq.
func checkAcked(t *testing.T, path string, acked map[int64]string) int64 {
	t.Helper()
	c := sqlite.Defaults()
	c.Path = path
	s, err := sqlite.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	found := 0
	var last int64
	for more := true; more; {
		p, err := s.Chat().History(t.Context(), room(0), chat.HistoryQuery{
			Direction: chat.After, Seq: last, Limit: chat.MaxHistory,
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range p.Messages {
			if m.Seq != last+1 {
				t.Fatalf("%d comes after %d", m.Seq, last)
			}
			last = m.Seq
			if nonce, ok := acked[m.Seq]; ok {
				found++
				if nonce != m.Nonce {
					t.Errorf("message %d is %s, acknowledged was %s", m.Seq, m.Nonce, nonce)
				}
			}
		}
		more = p.HasNewer
	}
	if found != len(acked) {
		t.Fatalf("%d of %d acknowledged messages are there", found, len(acked))
	}
	r, err := s.Chat().Room(t.Context(), room(0))
	if err != nil || r.LastSeq != last {
		t.Errorf("room %+v, last message %d, %v", r, last, err)
	}
	// None has been published, so all must still be waiting for it, those that were never acknowledged too.
	if n, err := s.Chat().OutboxSize(t.Context()); err != nil || n != last {
		t.Errorf("%d outbox entries for %d messages, %v", n, last, err)
	}
	now := time.UnixMilli(1_800_000_000_000)
	list, err := s.Chat().Claim(t.Context(), chat.Claim{By: "n1", Now: now, Until: now.Add(time.Second), Limit: 1})
	if err != nil || len(list) != 1 || list[0].Message.Seq != 1 {
		t.Errorf("claim %+v, %v", list, err)
	}
	if _, err := s.Chat().Release(t.Context(), "n1"); err != nil {
		t.Error(err)
	}
	return last
}
