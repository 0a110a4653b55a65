package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"testing"

	"madang"
	"madang/server"
)

// A diary notes what happens in which order.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func (d *diary) read() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.lines...)
}

// A fake is a part that notes what is done with it.
type fake struct {
	name   string
	diary  *diary
	ready  func() error
	routes map[string]http.Handler
	start  error
}

func (f *fake) Start(context.Context) error     { f.diary.note("start %s", f.name); return f.start }
func (f *fake) Drain(context.Context)           { f.diary.note("drain %s", f.name) }
func (f *fake) Close() error                    { f.diary.note("close %s", f.name); return nil }
func (f *fake) Routes() map[string]http.Handler { return f.routes }
func (f *fake) Hints(url, _ string) []string {
	return []string{f.name + " at " + url}
}

func (f *fake) Ready(context.Context) error {
	if f.ready == nil {
		return nil
	}
	return f.ready()
}

// part makes a Part of a fake.
func part(role server.Role, f *fake, options ...server.Option) server.Part {
	return server.NewPart(role, f.name, server.NoConfig,
		func(_ context.Context, s *server.Site, _ struct{}) (*fake, error) {
			f.diary.note("open %s, hub %t", f.name, s.Hub != nil)
			return f, nil
		}, options...)
}

// A store, guard and policy of their own types.
type fakeStore struct{ *fake }

func (fakeStore) Offers() []any { return []any{rooms{"offered"}} }

type rooms struct{ name string }

type fakeGuard struct{ *fake }

func (fakeGuard) Authenticate(_ context.Context, c madang.Credentials) (*madang.Principal, error) {
	if c.Token == "" {
		return nil, madang.ErrUnauthenticated
	}
	return &madang.Principal{App: c.App, User: c.Token}, nil
}

// A claimer answers only what has its name in the header X-For.
type claimer struct{ *fake }

func (c claimer) Claims(r *http.Request) bool { return r.Header.Get("X-For") == c.name }

func claiming(f *fake) server.Part {
	return server.NewPart(server.RoleDialect, f.name, server.NoConfig,
		func(context.Context, *server.Site, struct{}) (claimer, error) { return claimer{f}, nil })
}

// says answers with a text.
func says(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) })
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// load reads settings that come from flags only, key and value in turn, outside of development mode.
func load(t testing.TB, a server.Assembly, pairs ...string) *server.Settings {
	t.Helper()
	src := server.Source{Flags: []server.Flag{{Name: "-", Key: "drain.timeout", Value: "25s"}}}
	for i := 0; i < len(pairs); i += 2 {
		src.Flags = append(src.Flags, server.Flag{Name: "-", Key: pairs[i], Value: pairs[i+1]})
	}
	set, err := a.Load(src)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// open opens a server that closes with the test.
func open(t testing.TB, a server.Assembly, pairs ...string) *server.Server {
	t.Helper()
	s, err := server.Open(t.Context(), a, load(t, a, pairs...), quiet())
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

// openError returns the error of opening.
func openError(t *testing.T, a server.Assembly) error {
	t.Helper()
	s, err := server.Open(t.Context(), a, load(t, a), quiet())
	if err == nil {
		err = errors.Join(errors.New("opened without an error"), s.Close())
	}
	return err
}

// buffer is a bytes.Buffer for several goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
