// Package house is a server that has little but accounts, for tests: members sign in by sessions, users by tokens, both connect
// with Laravel Echo, and time can be let pass.
package house

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"madang"
	"madang/account"
	"madang/account/limit"
	"madang/account/password"
	"madang/account/photo"
	"madang/account/seal"
	"madang/account/signin"
	"madang/account/signin/mails"
	"madang/account/words"
	"madang/blob"
	"madang/mail"
	"madang/shared"
	"madang/store/memory"
)

// Options change a House.
type Options struct {
	Messages words.Profile        // whose English is spoken; empty: Laravel 10's
	Mail     mail.Sender          // who sends mails; nil: they are kept in the House's Box
	Change   func(*signin.Config) // of both guards
}

// A House is the server. Make it with [New].
type House struct {
	URL     string // http://127.0.0.1:port
	Store   *memory.Accounts
	Members *signin.Service // guard web
	Users   *signin.Service // guard api
	Box     *mail.Box

	t        testing.TB
	log      *slog.Logger
	messages words.Profile
	album    *photo.Album
	tenants  *madang.Apps
	hall     hall
	seal     *seal.Box
	parts    signin.Parts
	passed   atomic.Int64 // time that was let pass, in nanoseconds
}

// New starts a House. It ends with the test.
func New(t testing.TB, o Options) *House {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &House{
		URL: "http://" + l.Addr().String(), Store: memory.NewAccounts(), Box: &mail.Box{}, t: t, messages: o.Messages,
		log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	h.album = photo.New(&blob.Memory{}, h.log)
	h.build()
	h.furnish(o)
	h.Members, h.Users = h.open("web", o.Change), h.open("api", o.Change)
	server := &http.Server{Handler: h.handler(), ReadHeaderTimeout: time.Minute, ErrorLog: slog.NewLogLogger(h.log.Handler(), slog.LevelError)}
	go func() { _ = server.Serve(l) }() // it ends by being closed
	t.Cleanup(func() { _ = server.Close() })
	return h
}

// furnish makes what both guards work with.
func (h *House) furnish(o Options) {
	h.t.Helper()
	box, err := seal.New([]byte(strings.Repeat("k", seal.MinKey)))
	if err != nil {
		h.t.Fatal(err)
	}
	texts, err := mails.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	h.seal = box
	h.parts = signin.Parts{
		Store: h.Store, Hasher: plain{}, Box: box, Limiter: limit.New(shared.NewMemory(h.Now)), Mail: o.Mail, Mails: texts, Now: h.Now, Log: h.log, Ended: h.ended(),
	}
	if o.Mail == nil {
		h.parts.Mail = h.Box
	}
}

// plain is a hasher that costs nothing: what a real one costs is tested where it is.
type plain struct{}

func (plain) Hash(_ context.Context, text string) (string, error) {
	if len(text) > password.MaxLength {
		return "", password.ErrTooLong
	}
	return "plain " + text, nil
}

func (plain) Verify(_ context.Context, hash, text string) (ok, replace bool, err error) {
	return hash == "plain "+text, false, nil
}

func (plain) Pretend(context.Context, string) error { return nil }

func (h *House) open(guard string, change func(*signin.Config)) *signin.Service {
	h.t.Helper()
	c := signin.Defaults(guard)
	c.URL, c.Limits.Form = h.URL, limit.Rule{Max: 1000, Window: time.Minute} // all of a test comes from one address
	c.Limits.LoginIP = c.Limits.Form
	if change != nil {
		change(&c)
	}
	s, err := signin.New(c, h.parts)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { h.drain(s) })
	return s
}

func (h *House) drain(services ...*signin.Service) {
	h.t.Helper()
	for _, s := range services {
		if err := s.Drain(h.t.Context()); err != nil && h.t.Context().Err() == nil {
			h.t.Error(err)
		}
	}
}

// Now is the server's time.
func (h *House) Now() time.Time { return time.Now().Add(time.Duration(h.passed.Load())) }

// Later lets time pass for the server.
func (h *House) Later(d time.Duration) { h.passed.Add(int64(d)) }

// Drain waits for the mails under way.
func (h *House) Drain() { h.t.Helper(); h.drain(h.Members, h.Users) }

// link is a link in a mail, on a line of its own.
var link = regexp.MustCompile(`(?m)^https?://\S+$`)

// Link returns the first link in a mail's text.
func Link(text string) string { return link.FindString(text) }

// Mails returns what the Box has for somebody, the newest first.
func (h *House) Mails(to string) (all []mail.Message) {
	h.t.Helper()
	h.Drain()
	for _, m := range h.Box.Mails() {
		if strings.EqualFold(m.To.Address, to) {
			all = append(all, m.Message)
		}
	}
	return all
}

// Add keeps a person with a password.
func (h *House) Add(p account.Person, text string) account.Person {
	h.t.Helper()
	hash, err := h.parts.Hasher.Hash(h.t.Context(), text)
	if err != nil {
		h.t.Fatal(err)
	}
	p.App, p.Password, p.CreatedAt = app, hash, h.Now()
	if p, err = h.Store.AddPerson(h.t.Context(), p); err != nil {
		h.t.Fatal(err)
	}
	return p
}
