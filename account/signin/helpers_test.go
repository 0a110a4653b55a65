package signin

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madang/account"
	"madang/account/limit"
	"madang/account/password"
	"madang/account/seal"
	"madang/account/signin/mails"
	"madang/account/totp"
	"madang/account/words"
	"madang/mail"
	"madang/shared"
	"madang/store/memory"
)

// cheap is a Hasher that costs nothing and counts what it was asked for.
type cheap struct{ hashes, checks atomic.Int64 }

func (c *cheap) Hash(_ context.Context, text string) (string, error) {
	if c.hashes.Add(1); len(text) > password.MaxLength {
		return "", password.ErrTooLong
	}
	return "$new$" + text, nil
}

// Verify knows three kinds of hashes: those of Hash, old ones to be replaced, and any other, that nobody can read.
func (c *cheap) Verify(_ context.Context, hash, text string) (ok, replace bool, err error) {
	kind, of, _ := strings.Cut(strings.TrimPrefix(hash, "$"), "$")
	switch kind {
	case "new", "old":
		c.checks.Add(1)
		return of == text, of == text && kind == "old", nil
	case "busy":
		return false, false, password.ErrBusy
	}
	return false, false, password.ErrHash
}

func (c *cheap) Pretend(context.Context, string) error { c.checks.Add(1); return nil }

// A house is Services for members and users on the same parts.
type house struct {
	t       testing.TB
	members *Service
	users   *Service
	store   *memory.Accounts
	hasher  *cheap
	box     *mail.Box
	nowNano atomic.Int64

	mu    sync.Mutex
	ended account.Ended
}

func (h *house) now() time.Time       { return time.Unix(0, h.nowNano.Load()).UTC() }
func (h *house) pass(d time.Duration) { h.nowNano.Add(int64(d)) }
func (h *house) ctx() context.Context { return h.t.Context() }
func (h *house) told() (e account.Ended) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e, h.ended = h.ended, e
	return e
}

// newHouse returns a house, with the configurations changed by change.
func newHouse(tb testing.TB, change ...func(*Config)) *house {
	tb.Helper()
	h := &house{t: tb, store: memory.NewAccounts(), hasher: &cheap{}, box: &mail.Box{}}
	h.nowNano.Store(time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC).UnixNano())
	box, err := seal.New([]byte(strings.Repeat("k", seal.MinKey)))
	if err != nil {
		tb.Fatal(err)
	}
	texts, err := mails.New(nil)
	if err != nil {
		tb.Fatal(err)
	}
	parts := Parts{
		Store: h.store, Hasher: h.hasher, Box: box, Limiter: limit.New(shared.NewMemory(h.now)), Mail: h.box, Mails: texts, Now: h.now,
		Log: slog.New(slog.DiscardHandler),
		Ended: func(_ context.Context, e account.Ended) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.ended.Sessions = append(h.ended.Sessions, e.Sessions...)
			h.ended.Families = append(h.ended.Families, e.Families...)
			h.ended.APITokens = append(h.ended.APITokens, e.APITokens...)
		},
	}
	open := func(guard string) *Service {
		c := Defaults(guard)
		c.URL, c.Sites = "https://barun.test", map[string]string{"admin": "https://admin.barun.test"}
		for _, f := range change {
			f(&c)
		}
		s, err := New(c, parts)
		if err != nil {
			tb.Fatal(err)
		}
		return s
	}
	h.members, h.users = open("web"), open("api")
	return h
}

// at is somebody at an address.
func at(address string) From {
	return From{Client: account.Client{Address: address, UserAgent: "Test/1"}, Speaker: words.Speaker{Language: words.English}}
}

const (
	secretWord = "correct horse"
	otherWord  = "battery staple"
)

// add keeps a person whose password is secretWord.
func (h *house) add(s *Service, email string, change ...func(*account.Person)) account.Person {
	h.t.Helper()
	p := account.Person{App: "default", Provider: s.config.Provider, Name: "Kim", Email: email, Password: "$new$" + secretWord, VerifiedAt: h.now(), CreatedAt: h.now()}
	for _, f := range change {
		f(&p)
	}
	p, err := h.store.AddPerson(h.ctx(), p)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

func (h *house) login(s *Service, email string) Entry {
	h.t.Helper()
	e, err := s.Login(h.ctx(), at("192.0.2.1"), LoginForm{Email: email, Password: secretWord})
	if err != nil {
		h.t.Fatal(err)
	}
	return e
}

// confirmed signs somebody in who has just confirmed their password.
func (h *house) confirmed(s *Service, email string) SignedIn {
	h.t.Helper()
	e, err := s.ConfirmPassword(h.ctx(), at("192.0.2.1"), h.login(s, email).SignedIn, secretWord)
	if err != nil {
		h.t.Fatal(err)
	}
	return e.SignedIn
}

// factor turns somebody's second factor on and returns its secret. Time passes, so that the next code is another.
func (h *house) factor(s *Service, email string) (secret string) {
	h.t.Helper()
	who := h.confirmed(s, email)
	if err := s.EnableFactor(h.ctx(), at("192.0.2.1"), who, false); err != nil {
		h.t.Fatal(err)
	}
	secret, err := s.FactorSecret(h.ctx(), who)
	if err == nil {
		err = s.ConfirmFactor(h.ctx(), at("192.0.2.1"), who, h.code(secret, 0))
	}
	if err != nil {
		h.t.Fatal(err)
	}
	h.mailed(email)
	h.pass(2 * time.Minute)
	return secret
}

// code is the code of a secret, some steps from now.
func (h *house) code(secret string, off int64) string {
	h.t.Helper()
	c, err := totp.Code(secret, totp.Step(h.now())+off)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// mailed waits for the mails under way and returns the last one to an address; the zero value: there is none.
func (h *house) mailed(to string) mail.Message {
	h.t.Helper()
	for _, s := range []*Service{h.members, h.users} {
		if err := s.Drain(h.ctx()); err != nil {
			h.t.Fatal(err)
		}
	}
	for _, m := range h.box.Mails() {
		if m.To.Address == to {
			return m.Message
		}
	}
	return mail.Message{}
}

// reset asks for a link and returns its token.
func (h *house) reset(s *Service, email string) string {
	h.t.Helper()
	if err := s.ForgotPassword(h.ctx(), at("192.0.2.1"), email); err != nil {
		h.t.Fatal(err)
	}
	found := regexp.MustCompile(`/reset-password/([\w-]+)\?email=`).FindStringSubmatch(h.mailed(email).Text)
	if found == nil {
		h.t.Fatalf("no link was sent to %s", email)
	}
	return found[1]
}

// refused fails if an error is not a refusal with a code.
func refused(tb testing.TB, err error, code Code) *Refusal {
	tb.Helper()
	var r *Refusal
	if !errors.As(err, &r) || r.Code != code {
		tb.Fatalf("%v, want a refusal: %s", err, code)
	}
	return r
}

func good(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// acts returns what the audit log says of somebody, the newest first.
func (h *house) acts(person int64) (all []account.Act) {
	h.t.Helper()
	entries, err := h.store.Audit(h.ctx(), account.AuditQuery{App: "default", Person: person, Limit: 1000})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Act)
	}
	return all
}

func (h *house) noted(person int64, act account.Act) bool {
	return slices.Contains(h.acts(person), act)
}
