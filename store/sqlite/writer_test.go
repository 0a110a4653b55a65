package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"madang/chat"
	"madang/internal/sqlstore"
)

func openInside(t *testing.T) *Store {
	t.Helper()
	c := Defaults()
	c.Path = filepath.Join(t.TempDir(), "madang.db")
	s, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func lobby() chat.RoomRef { return chat.RoomRef{App: "app1", ID: "lobby"} }

func ensureLobby(t *testing.T, s *Store) {
	t.Helper()
	_, _, err := s.Chat().EnsureRoom(t.Context(), chat.NewRoom{
		Ref: lobby(), Kind: chat.RoomPublic, Members: []chat.NewMember{{User: "kim", Role: chat.RoleOwner}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func hello(nonce string) chat.NewMessage {
	return chat.NewMessage{Room: lobby(), Sender: "kim", Nonce: nonce, Kind: chat.MessageText, Text: strings.Repeat("hello ", 100)}
}

// within is chat in a transaction that is not its own.
func within(t *tx) sqlstore.Chat { return sqlstore.NewChat(running{tx: t}) }

// running is an engine within a transaction.
type running struct {
	engine
	tx *tx
}

func (r running) Update(_ context.Context, _ string, f func(sqlstore.Tx) error) error { return f(r.tx) }

// testJob makes a job that the test hands to transact itself.
func testJob(do func(*tx) error) *job { return &job{do: do, answer: make(chan error, 1)} }

// TestBatchFailsAlone puts a job that writes and then fails between two good ones, in one transaction.
func TestBatchFailsAlone(t *testing.T) {
	s := openInside(t)
	ensureLobby(t, s)
	bad := errors.New("bad")
	good := func(nonce string) *job {
		return testJob(func(t *tx) error {
			_, err := within(t).Append(context.Background(), hello(nonce))
			return err
		})
	}
	batch := []*job{good("1"), testJob(func(t *tx) error {
		if _, err := within(t).Append(context.Background(), hello("2")); err != nil {
			return err
		}
		return bad
	}), good("3")}
	// The writer's goroutine is idle: nobody else sends it jobs.
	s.writer.commit(batch)
	for i, want := range []error{nil, bad, nil} {
		if err := <-batch[i].answer; !errors.Is(err, want) || (want == nil) != (err == nil) {
			t.Errorf("job %d: %v, want %v", i, err, want)
		}
	}
	p, err := s.Chat().History(t.Context(), lobby(), chat.HistoryQuery{})
	if err != nil || len(p.Messages) != 2 || p.Messages[0].Nonce != "1" || p.Messages[1].Nonce != "3" || p.Messages[1].Seq != 2 {
		t.Errorf("history %+v, %v", p, err)
	}
}

// TestTransactionLost has a job's failure end the whole transaction, as SQLite may do on a full disk. Nobody may be told
// that their work is done then, and nothing may be left of it.
func TestTransactionLost(t *testing.T) {
	s := openInside(t)
	ensureLobby(t, s)
	appendJob := func(nonce string) *job {
		return testJob(func(t *tx) error {
			_, err := within(t).Append(context.Background(), hello(nonce))
			return err
		})
	}
	cause := errors.New("cause")
	batch := []*job{appendJob("1"), testJob(func(t *tx) error { return errors.Join(cause, t.exec("ROLLBACK")) }), appendJob("3")}
	s.writer.commit(batch)
	for i, j := range batch {
		if err := <-j.answer; !errors.Is(err, cause) {
			t.Errorf("job %d: %v", i, err)
		}
	}
	if r, err := s.Chat().Room(t.Context(), lobby()); err != nil || r.LastSeq != 0 {
		t.Errorf("room %+v, %v", r, err)
	}
	if _, err := s.Chat().Append(t.Context(), hello("4")); err != nil {
		t.Errorf("append after the loss: %v", err)
	}
}

// TestDiskFull lets the file grow no further and checks that everyone is told the truth: what was acknowledged is there,
// what was refused is not, and when there is room again all goes on.
func TestDiskFull(t *testing.T) {
	s := openInside(t)
	ensureLobby(t, s)
	limit := func(pages int) {
		t.Helper()
		err := s.writer.do(t.Context(), func(x *tx) error {
			return x.Row(fmt.Sprintf("PRAGMA max_page_count = %d", pages)).Scan(new(int))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	limit(60)
	var mu sync.Mutex
	acked := make(map[string]bool)
	var refusal error
	send := func(nonces int) {
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				for k := range nonces {
					nonce := fmt.Sprint(i, "-", k)
					_, err := s.Chat().Append(t.Context(), hello(nonce))
					mu.Lock()
					if err == nil {
						acked[nonce] = true
					} else {
						refusal = err
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
	}
	check := func() {
		t.Helper()
		stored := make(map[string]bool)
		q := chat.HistoryQuery{Direction: chat.After}
		for more := true; more; {
			p, err := s.Chat().History(t.Context(), lobby(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range p.Messages {
				if m.Seq != q.Seq+1 {
					t.Fatalf("%d comes after %d", m.Seq, q.Seq)
				}
				q.Seq = m.Seq
				stored[m.Nonce] = true
				if !acked[m.Nonce] {
					t.Errorf("%s was refused and is there", m.Nonce)
				}
			}
			more = p.HasNewer
		}
		if len(stored) != len(acked) {
			t.Errorf("%d stored, %d acknowledged", len(stored), len(acked))
		}
	}
	send(30)
	if refusal == nil || len(acked) == 0 {
		t.Fatalf("%d acknowledged, refusal %v", len(acked), refusal)
	}
	if !strings.Contains(refusal.Error(), "the disk is full") || !strings.Contains(refusal.Error(), s.path) {
		t.Errorf("refusal: %v", refusal)
	}
	check()
	if err := s.Ready(t.Context()); err == nil {
		t.Error("ready on a full disk")
	}
	limit(1 << 20)
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("not ready with room again: %v", err)
	}
	refusal = nil
	send(30)
	if refusal != nil || len(acked) != 16*30 {
		t.Errorf("with room again: %d acknowledged, %v", len(acked), refusal)
	}
	check()
}

func TestCancelledBeforeWriting(t *testing.T) {
	s := openInside(t)
	ensureLobby(t, s)
	// Keep the writer busy, so that the job is still its sender's when the context ends.
	busy, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		err := s.writer.do(t.Context(), func(*tx) error { close(busy); <-release; return nil })
		if err != nil {
			t.Error(err)
		}
	})
	<-busy
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Chat().Append(ctx, hello("1")); !errors.Is(err, context.Canceled) {
		t.Errorf("append with a cancelled context: %v", err)
	}
	close(release)
	wg.Wait()
	if r, err := s.Chat().Room(t.Context(), lobby()); err != nil || r.LastSeq != 0 {
		t.Errorf("room %+v, %v", r, err)
	}
}

func TestMigrationFailsWhole(t *testing.T) {
	s := openInside(t)
	files := fstest.MapFS{}
	for i, name := range []string{"0001_a.sql", "0002_b.sql", "0003_c.sql"} {
		files[name] = &fstest.MapFile{Data: fmt.Appendf(nil, "CREATE TABLE t%d (x); INSERT INTO t%d VALUES (1);", i, i)}
	}
	was, err := fs.Glob(migrations(), "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for i := range was { // the database has applied these
		files[fmt.Sprintf("0000_%d.sql", i)] = &fstest.MapFile{}
	}
	files["0003_c.sql"].Data = append(files["0003_c.sql"].Data, "INSERT INTO missing VALUES (1);"...)
	migrateAll := func() error {
		return s.writer.do(t.Context(), func(x *tx) error {
			if err := x.exec("COMMIT"); err != nil { // migrations have transactions of their own
				return err
			}
			err := migrate(t.Context(), x.conn, files)
			return errors.Join(err, x.exec("BEGIN"), x.exec("SAVEPOINT job"))
		})
	}
	err = migrateAll()
	if err == nil || !strings.Contains(err.Error(), "0003_c.sql") {
		t.Fatalf("migration: %v", err)
	}
	var version, tables int
	err = errors.Join(s.read.QueryRowContext(t.Context(), "PRAGMA user_version").Scan(&version),
		s.read.QueryRowContext(t.Context(), "SELECT count(*) FROM sqlite_schema WHERE name GLOB 't[0-9]'").Scan(&tables))
	if err != nil || version != len(was)+2 || tables != 2 {
		t.Errorf("version %d, %d new tables, %v; want %d, and t0 and t1 alone", version, tables, err, len(was)+2)
	}
	files["0003_c.sql"].Data = []byte("CREATE TABLE t2 (x);")
	if err := migrateAll(); err != nil {
		t.Errorf("migration put right: %v", err)
	}
}
