package guards_test

import (
	"context"
	"errors"
	"log/slog"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/account"
	"madang/account/guards"
	"madang/account/limit"
	"madang/account/seal"
	"madang/account/signin"
	"madang/account/signin/mails"
	"madang/account/totp"
	"madang/account/words"
	"madang/mail"
	"madang/shared"
	"madang/store/memory"
)

const (
	secretWord = "correct horse"
	cookie     = "__Host-madang_session"
	site       = "chat.barun.test"
)

// cheap is a Hasher that costs nothing.
type cheap struct{}

func (cheap) Hash(_ context.Context, text string) (string, error) { return "$" + text, nil }
func (cheap) Verify(_ context.Context, hash, text string) (ok, replace bool, err error) {
	return hash == "$"+text, false, nil
}
func (cheap) Pretend(context.Context, string) error { return nil }

// A house has people, and the guard of their sessions.
type house struct {
	t       testing.TB
	store   *memory.Accounts
	service *signin.Service
	web     *guards.Web
}

func newHouse(t testing.TB, change ...func(*guards.WebConfig)) *house {
	t.Helper()
	h := &house{t: t, store: memory.NewAccounts()}
	h.service = newService(t, h.store)
	wc := guards.WebConfig{Cookie: cookie}
	for _, f := range change {
		f(&wc)
	}
	var err error
	h.web, err = guards.NewWeb(wc, h.service, slog.New(slog.DiscardHandler))
	ok(t, err)
	return h
}

func newService(t testing.TB, store account.Store) *signin.Service {
	t.Helper()
	box, err := seal.New([]byte(strings.Repeat("k", seal.MinKey)))
	ok(t, err)
	texts, err := mails.New(nil)
	ok(t, err)
	c := signin.Defaults("web")
	c.URL = "https://" + site
	s, err := signin.New(c, signin.Parts{
		Store: store, Hasher: cheap{}, Box: box, Limiter: limit.New(shared.NewMemory(time.Now)), Mail: &mail.Box{}, Mails: texts,
		Log: slog.New(slog.DiscardHandler),
	})
	ok(t, err)
	return s
}

// A broken store does not answer.
type broken struct{ *memory.Accounts }

func (broken) Session(context.Context, string, account.Hash, time.Time) (account.Session, error) {
	return account.Session{}, errTrouble
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) person(name string) account.Person {
	h.t.Helper()
	p, err := h.store.AddPerson(h.t.Context(), account.Person{App: "default", Provider: "members", Name: name, Email: name + "@example.com",
		Password: "$" + secretWord, VerifiedAt: time.Now()})
	ok(h.t, err)
	return p
}

func here() signin.From {
	return signin.From{Client: account.Client{Address: "192.0.2.7"}, Speaker: words.Speaker{Language: words.English}}
}

func (h *house) login(email string) signin.Entry {
	h.t.Helper()
	e, err := h.service.Login(h.t.Context(), here(), signin.LoginForm{Email: email, Password: secretWord})
	ok(h.t, err)
	return e
}

// secondFactor gives somebody who is signed in a second factor.
func (h *house) secondFactor(e signin.Entry) {
	h.t.Helper()
	ctx := h.t.Context()
	e, err := h.service.ConfirmPassword(ctx, here(), e.SignedIn, secretWord)
	ok(h.t, err)
	ok(h.t, h.service.EnableFactor(ctx, here(), e.SignedIn, false))
	secret, err := h.service.FactorSecret(ctx, e.SignedIn)
	ok(h.t, err)
	code, err := totp.Code(secret, totp.Step(time.Now()))
	ok(h.t, err)
	ok(h.t, h.service.ConfirmFactor(ctx, here(), e.SignedIn, code))
}

// headers are those of a request: pairs of names and values.
func headers(pairs ...string) func(string) string {
	all := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		all[textproto.CanonicalMIMEHeaderKey(pairs[i])] = pairs[i+1]
	}
	return func(key string) string { return all[textproto.CanonicalMIMEHeaderKey(key)] }
}

// from is a request of a page of this server.
func from(secret string, more ...string) madang.Credentials {
	return madang.Credentials{Header: headers(append([]string{"Host", site, "Origin", "https://" + site, "Cookie", cookie + "=" + secret}, more...)...)}
}

// refused fails the test unless an error is a refusal that clients may see.
func refused(t testing.TB, what string, err error, code string) {
	t.Helper()
	r, ok := errors.AsType[*madang.Refusal](err)
	if !ok || !errors.Is(err, madang.ErrUnauthenticated) || r.Code != code {
		t.Errorf("%s: %v, want a refusal %s", what, err, code)
	}
}
