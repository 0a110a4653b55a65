package bearer

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madang/account"
	"madang/account/keys"
	"madang/account/limit"
	"madang/account/password"
	"madang/account/seal"
	"madang/account/signin"
	"madang/account/signin/mails"
	"madang/account/totp"
	"madang/account/words"
	"madang/mail"
	"madang/shared"
	"madang/store/memory"
)

// cheap is a hasher that costs nothing.
type cheap struct{}

func (cheap) Hash(_ context.Context, text string) (string, error) {
	if len(text) > password.MaxLength {
		return "", password.ErrTooLong
	}
	return "$" + text, nil
}

func (cheap) Verify(_ context.Context, hash, text string) (ok, replace bool, err error) {
	return hash == "$"+text, false, nil
}

func (cheap) Pretend(context.Context, string) error { return nil }

const (
	issuer = "https://barun.test"
	word   = "correct horse"
)

// A house is a service of users and its tokens, with a clock that stands still until it is moved.
type house struct {
	t       testing.TB
	store   *memory.Accounts
	service *signin.Service
	members *signin.Service // another guard on the same parts
	ring    *keys.Ring
	tokens  *Tokens
	mail    *mail.Box
	nano    atomic.Int64

	mu    sync.Mutex
	ended account.Ended
}

func (h *house) now() time.Time       { return time.Unix(0, h.nano.Load()).UTC() }
func (h *house) pass(d time.Duration) { h.nano.Add(int64(d)) }
func (h *house) ctx() context.Context { return h.t.Context() }

func newHouse(tb testing.TB, change ...func(*signin.Config)) *house {
	tb.Helper()
	h := &house{t: tb, store: memory.NewAccounts(), mail: &mail.Box{}}
	h.nano.Store(time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC).UnixNano())
	box, err := seal.New([]byte(strings.Repeat("k", seal.MinKey)))
	good(tb, err)
	texts, err := mails.New(nil)
	good(tb, err)
	parts := signin.Parts{
		Store: h.store, Hasher: cheap{}, Box: box, Limiter: limit.New(shared.NewMemory(h.now)), Mail: h.mail, Mails: texts, Now: h.now,
		Log: slog.New(slog.DiscardHandler),
		Ended: func(_ context.Context, e account.Ended) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.ended.Families = append(h.ended.Families, e.Families...)
		},
	}
	open := func(guard string) *signin.Service {
		c := signin.Defaults(guard)
		c.URL = issuer
		for _, f := range change {
			f(&c)
		}
		s, err := signin.New(c, parts)
		good(tb, err)
		return s
	}
	h.service, h.members = open("api"), open("web")
	h.ring, err = keys.Open(context.Background(), "default", keys.Defaults(), keys.Parts{Store: h.store, Box: box, Now: h.now, Log: parts.Log})
	good(tb, err)
	h.tokens = h.tokensOf(h.service)
	return h
}

// tokensOf returns the tokens of a service, with a configuration changed by change.
func (h *house) tokensOf(s *signin.Service, change ...func(*Config)) *Tokens {
	h.t.Helper()
	c := Defaults()
	c.Issuer = issuer
	for _, f := range change {
		f(&c)
	}
	t, err := NewTokens(c, s, h.ring, slog.New(slog.DiscardHandler))
	good(h.t, err)
	return t
}

// add keeps a person whose password is word.
func (h *house) add(email string, change ...func(*account.Person)) account.Person {
	h.t.Helper()
	p := account.Person{App: "default", Provider: "users", Name: "Kim", Email: email, Password: "$" + word, VerifiedAt: h.now(), CreatedAt: h.now(), UpdatedAt: h.now()}
	for _, f := range change {
		f(&p)
	}
	p, err := h.store.AddPerson(h.ctx(), p)
	good(h.t, err)
	return p
}

// visitor is somebody who asks.
func visitor() signin.From {
	return signin.From{Client: account.Client{Address: "192.0.2.1", UserAgent: "Test/1"}, Speaker: words.Speaker{Language: words.English}}
}

// grant signs somebody in.
func (h *house) grant(email string) signin.Grant {
	h.t.Helper()
	g, err := h.service.LoginTokens(h.ctx(), visitor(), signin.LoginForm{Email: email, Password: word})
	good(h.t, err)
	return g
}

// login returns a token of jwt-auth's interface.
func (h *house) login(email string) string {
	h.t.Helper()
	g := h.grant(email)
	return h.sign(g.SignedIn, UseLogin, g.Next)
}

func (h *house) sign(who signin.SignedIn, use Use, jti string) string {
	h.t.Helper()
	x, err := h.tokens.sign(h.ctx(), who, use, jti, "", h.now().Add(time.Hour))
	good(h.t, err)
	return x.token
}

// apiToken makes a token for a program.
func (h *house) apiToken(email string, abilities ...string) string {
	h.t.Helper()
	_, text, err := h.service.AddAPIToken(h.ctx(), visitor(), h.grant(email).SignedIn, "phone", abilities)
	good(h.t, err)
	return text
}

// factor turns somebody's second factor on and returns its secret. Time passes, so that the next code is another.
func (h *house) factor(p account.Person) string {
	h.t.Helper()
	e, err := h.service.Login(h.ctx(), visitor(), signin.LoginForm{Email: p.Email, Password: word})
	good(h.t, err)
	e, err = h.service.ConfirmPassword(h.ctx(), visitor(), e.SignedIn, word)
	good(h.t, err)
	who := e.SignedIn
	good(h.t, h.service.EnableFactor(h.ctx(), visitor(), who, false))
	secret, err := h.service.FactorSecret(h.ctx(), who)
	good(h.t, err)
	good(h.t, h.service.ConfirmFactor(h.ctx(), visitor(), who, h.code(secret)))
	h.pass(2 * time.Minute)
	return secret
}

func (h *house) code(secret string) string {
	h.t.Helper()
	c, err := totp.Code(secret, totp.Step(h.now()))
	good(h.t, err)
	return c
}

func good(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
