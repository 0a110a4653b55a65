package signin

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"madang/account"
	"madang/account/limit"
	"madang/account/signin/mails"
	"madang/account/words"
)

// ForgotPassword sends a link for a new password to an address, if it is somebody's. Whether it is cannot be seen: all that
// depends on it is done after the answer, and the pause between two links holds for every address.
func (s *Service) ForgotPassword(ctx context.Context, from From, email string) error {
	if !s.config.Features.Reset {
		return off()
	}
	e := words.NewErrors(from.Speaker)
	checkEmail(e, email)
	if err := wrong(e); err != nil {
		return err
	}
	if err := s.takeForm(ctx, from); err != nil {
		return err
	}
	v, err := s.Limiter.Take(ctx, s.key("forgot", account.Canonical(email)), limit.Rule{Max: 1, Window: s.config.ResetPause})
	if err == nil && v.Allowed {
		v, err = s.Limiter.Take(ctx, s.links(email), limit.Rule{Max: maxLinks, Window: s.config.ResetExpiry})
	}
	if err != nil {
		return err
	}
	if !v.Allowed {
		return refuseField(from, "email", CodeThrottled, words.Throttled, v)
	}
	if !s.later(ctx, func(ctx context.Context) { s.sendReset(ctx, from, email) }) {
		return refuse(Busy, CodeBusy, words.Throttled)
	}
	return nil
}

// maxLinks is how many links for a new password an address is sent in the time that one is good. Each takes the place of the one
// before: whoever asked for them without end could keep the owner from ever using one, and fill their mailbox.
const maxLinks = 5

// links is what the links to an address are counted by.
func (s *Service) links(email string) string { return s.key("forgot long", account.Canonical(email)) }

func (s *Service) sendReset(ctx context.Context, from From, email string) {
	p, err := s.byEmail(ctx, email)
	if err != nil {
		s.Log.ErrorContext(ctx, "a link for a new password could not be made", "error", err)
		return
	}
	s.note(ctx, from, p.ID, account.ActResetRequested, tried(email))
	if p.ID == 0 || p.Disabled() {
		return
	}
	secret, _, err := s.secret()
	now := s.Now()
	if err == nil {
		err = s.Store.PutOneTime(ctx, account.OneTime{
			Purpose: account.PurposeReset, App: s.config.App, Person: p.ID, Hash: s.proof(account.PurposeReset, p.Email, secret),
			Email: p.Email, CreatedAt: now, ExpiresAt: now.Add(s.config.ResetExpiry),
		}, s.config.ResetPause)
	}
	if errors.Is(err, account.ErrTooSoon) {
		return // the link before is on its way
	}
	if err != nil {
		s.Log.ErrorContext(ctx, "a link for a new password could not be made", "person", p.ID, "error", err)
		return
	}
	s.send(ctx, from, p, p.Email, mails.Reset, mails.Data{
		Product: s.config.Product, Minutes: int(s.config.ResetExpiry / time.Minute),
		Link: s.link(from, url.Values{"email": {strings.TrimSpace(p.Email)}}, "reset-password", secret),
	})
}

// ResetPassword gives somebody a new password by a link that was sent to them, and ends all they were signed in by. It signs
// nobody in. Who has read the mail has proved the address; what was set up before anybody had, goes.
func (s *Service) ResetPassword(ctx context.Context, from From, form ResetForm) error {
	if !s.config.Features.Reset {
		return off()
	}
	if err := s.takeForm(ctx, from); err != nil {
		return err
	}
	e := begin(from, form.Wrong)
	required(e, "token", form.Token)
	checkEmail(e, form.Email)
	s.checkPassword(e, form.Password, form.Confirmation)
	if err := wrong(e); err != nil {
		return err
	}
	// The hash is made first: a server that is too busy for it must not use up the link.
	h, err := s.Hasher.Hash(ctx, form.Password)
	if err != nil {
		return busy(err)
	}
	refused := refuseField(from, "email", CodeLink, words.Token, limit.Verdict{})
	if len(form.Token) > maxSecret {
		return refused
	}
	one, err := s.Store.TakeOneTime(ctx, s.config.App, account.PurposeReset, s.proof(account.PurposeReset, form.Email, form.Token), s.Now())
	if errors.Is(err, account.ErrNotFound) {
		return refused
	}
	if err != nil {
		return fmt.Errorf("signin: use a link: %w", err)
	}
	_, p, err := s.change(ctx, one.Person, func(p *account.Person) error {
		if account.Canonical(one.Email) != account.Canonical(p.Email) {
			return refused
		}
		if p.Password = h; !p.Verified() {
			// Whoever registered the address before its owner came along may have left a second factor behind, and with it the key.
			p.VerifiedAt, p.Factor = s.Now(), account.Factor{}
		}
		return nil
	})
	if _, ok := errors.AsType[*Refusal](err); ok {
		return refused
	}
	if err != nil {
		return err
	}
	if err := s.endAll(ctx, p, account.Except{}); err != nil {
		return err
	}
	s.moveIn(ctx, from, p.Email)
	s.forgive(ctx, s.links(p.Email))
	s.note(ctx, from, p.ID, account.ActReset, "")
	s.notify(ctx, from, p, p.Email, mails.PasswordChanged)
	return nil
}

// endAll ends what somebody is signed in by, but what is excepted.
func (s *Service) endAll(ctx context.Context, p account.Person, but account.Except) error {
	e, err := s.Store.EndAll(context.WithoutCancel(ctx), s.config.App, p.ID, but)
	s.ended(ctx, e)
	if err != nil {
		return fmt.Errorf("signin: end all sign-ins: %w", err)
	}
	return nil
}
