package signin

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"madang/account"
	"madang/account/limit"
	"madang/mail"
	"madang/shared"
	"madang/store/memory"
)

var errBroken = errors.New("the disk is full")

// broken is a store of which a part does not work.
type broken struct {
	*memory.Accounts
	note, sessions, save bool
}

func (b broken) Note(ctx context.Context, e account.AuditEntry) error {
	if b.note {
		return errBroken
	}
	return b.Accounts.Note(ctx, e)
}

func (b broken) AddSession(ctx context.Context, x account.Session) error {
	if b.sessions {
		return errBroken
	}
	return b.Accounts.AddSession(ctx, x)
}

func (b broken) SavePerson(ctx context.Context, p account.Person) (account.Person, error) {
	if b.save {
		return account.Person{}, errBroken
	}
	return b.Accounts.SavePerson(ctx, p)
}

// stubborn is a Counter that forgets nothing.
type stubborn struct{ limit.Counter }

func (stubborn) Clear(context.Context, string) error { return errBroken }

// The server's own trouble is no refusal: clients must not hear of it. What is not decided is not let in.
func TestTrouble(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.members, "kim@example.com", func(p *account.Person) { p.Password = "$old$" + secretWord })
	login := func(b broken) (Entry, error) {
		b.Accounts = h.store
		h.members.Store = b
		return h.members.Login(h.ctx(), at("192.0.2.1"), LoginForm{Email: p.Email, Password: secretWord})
	}
	var r *Refusal
	if e, err := login(broken{sessions: true}); !errors.Is(err, errBroken) || errors.As(err, &r) || e.Secret != "" {
		t.Errorf("%+v, %v", e, err)
	}
	for _, b := range []broken{{note: true}, {save: true}} { // the audit log, and the new hash, keep nobody out
		_, err := login(b)
		good(t, err)
	}
	h.members.Limiter = limit.New(stubborn{shared.NewMemory(h.now)})
	_, err := login(broken{})
	good(t, err)
	if err := nobody().Error(); err != "signin: refused: unauthenticated" {
		t.Error(err)
	}
}

// stuck is a Sender that delivers nothing until it is let go.
type stuck struct{ free chan struct{} }

func (s stuck) Send(context.Context, mail.Message) error { <-s.free; return errBroken }

// How long a mail takes does not tell whether one is sent: nobody waits for it. Too many at a time are refused, whoever they are for.
func TestSlowMail(t *testing.T) {
	h := newHouse(t, wide)
	address := func(i int) string { return fmt.Sprintf("kim%d@example.com", i) }
	for i := range maxJobs + 1 {
		h.add(h.members, address(i))
	}
	sender := stuck{make(chan struct{})}
	h.members.Mail = sender
	for i := range maxJobs {
		good(t, h.members.ForgotPassword(h.ctx(), at("192.0.2.1"), address(i))) // answered while the mail is stuck
	}
	for _, email := range []string{address(maxJobs), "nobody@example.com"} {
		if r := refused(t, h.members.ForgotPassword(h.ctx(), at("192.0.2.1"), email), CodeBusy); r.Class != Busy {
			t.Errorf("%+v", r)
		}
	}
	ctx, cancel := context.WithCancel(h.ctx())
	cancel()
	if err := h.members.Drain(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	close(sender.free)
	good(t, h.members.Drain(h.ctx()))
}
