package signin

import (
	"context"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"madang/account"
	"madang/account/limit"
	"madang/account/signin/mails"
)

// EmailHash is how links for verification name an address, as Laravel's do. It is no secret.
func EmailHash(email string) string {
	h := sha1.Sum([]byte(strings.TrimSpace(email)))
	return hex.EncodeToString(h[:])
}

// proof is the hash that a link's secret is kept by. It is bound to the provider and the address, so that what was sent to a
// member cannot be tried on a user, nor used up with another address.
func (s *Service) proof(purpose account.Purpose, email, secret string) account.Hash {
	return hash(strings.Join([]string{string(purpose), string(s.config.Provider), account.Canonical(email), secret}, "\x00"))
}

// sendVerification sends a link that proves somebody's address.
func (s *Service) sendVerification(ctx context.Context, from From, p account.Person) {
	job := func(ctx context.Context) {
		secret, _, err := s.secret()
		now := s.Now()
		end := now.Add(s.config.VerifyExpiry)
		if err == nil {
			err = s.Store.PutOneTime(ctx, account.OneTime{
				Purpose: account.PurposeVerify, App: s.config.App, Person: p.ID, Hash: s.proof(account.PurposeVerify, p.Email, secret),
				Email: p.Email, CreatedAt: now, ExpiresAt: end,
			}, 0)
		}
		if err != nil {
			s.Log.ErrorContext(ctx, "a link for an address could not be made", "person", p.ID, "error", err)
			return
		}
		query := url.Values{"expires": {strconv.FormatInt(end.Unix(), 10)}, "signature": {secret}}
		s.send(ctx, from, p, p.Email, mails.Verify, mails.Data{
			Product: s.config.Product, Link: s.link(from, query, "email", "verify", p.User(), EmailHash(p.Email)),
			Minutes: int(s.config.VerifyExpiry / time.Minute),
		})
	}
	if !s.later(ctx, job) {
		s.Log.ErrorContext(ctx, "too many mails are under way; one was not sent", "kind", string(mails.Verify), "person", p.ID)
	}
}

// SendVerification sends somebody another link; the one before works no more. It reports false if there is nothing to prove.
func (s *Service) SendVerification(ctx context.Context, from From, who SignedIn) (bool, error) {
	if !s.config.Features.Verification {
		return false, off()
	}
	p, err := s.current(ctx, who)
	if err != nil {
		return false, err
	}
	if _, err := s.takeBy(ctx, "mail", p.ID, s.config.Limits.Mail); err != nil || p.Verified() {
		return false, err
	}
	s.sendVerification(ctx, from, p)
	return true, nil
}

// MailsLeft returns how many mails somebody can still ask for, and links that prove an address follow: they are counted together.
func (s *Service) MailsLeft(ctx context.Context, who SignedIn) (limit.Verdict, error) {
	return s.Limiter.Look(ctx, s.key("mail", who.Person.User()), s.config.Limits.Mail)
}

// Verify proves somebody's address by a link that was sent to it: id, hash and signature are its parts. Who is signed in must be
// who it was sent to, and still have the address. It is no error if the address was proved before.
func (s *Service) Verify(ctx context.Context, from From, who SignedIn, id, emailHash, signature string) error {
	if !s.config.Features.Verification {
		return off()
	}
	p, err := s.current(ctx, who)
	if err != nil {
		return err
	}
	v, err := s.takeBy(ctx, "mail", p.ID, s.config.Limits.Mail)
	if err != nil {
		return err
	}
	refused := refuse(Forbidden, CodeLink, "")
	refused.Verdict = v
	if id != p.User() || subtle.ConstantTimeCompare([]byte(emailHash), []byte(EmailHash(p.Email))) != 1 || len(signature) > maxSecret {
		return refused
	}
	if p.Verified() {
		return nil
	}
	return s.prove(ctx, from, p, signature, refused)
}

// VerifyLink is Verify for a browser in which nobody is signed in, by the link alone. So it has to be good in any case: whether an
// address was proved before is nobody's business who has none that is.
func (s *Service) VerifyLink(ctx context.Context, from From, id, emailHash, signature string) error {
	if !s.config.Features.Verification {
		return off()
	}
	if err := s.takeForm(ctx, from); err != nil {
		return err
	}
	refused := refuse(Forbidden, CodeLink, "")
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || signature == "" || len(signature) > maxSecret {
		return refused
	}
	p, err := s.person(ctx, n)
	if _, ok := errors.AsType[*Refusal](err); ok {
		return refused
	}
	if err != nil {
		return err
	}
	if id != p.User() || subtle.ConstantTimeCompare([]byte(emailHash), []byte(EmailHash(p.Email))) != 1 {
		return refused
	}
	return s.prove(ctx, from, p, signature, refused)
}

// prove uses up a link that proves somebody's address. What is no such link is refused as said.
func (s *Service) prove(ctx context.Context, from From, p account.Person, signature string, refused *Refusal) error {
	one, err := s.Store.TakeOneTime(ctx, s.config.App, account.PurposeVerify, s.proof(account.PurposeVerify, p.Email, signature), s.Now())
	if errors.Is(err, account.ErrNotFound) {
		return refused
	}
	if err != nil {
		return fmt.Errorf("signin: use a link: %w", err)
	}
	_, _, err = s.change(ctx, p.ID, func(p *account.Person) error {
		if one.Person != p.ID || account.Canonical(one.Email) != account.Canonical(p.Email) {
			return refused
		}
		p.VerifiedAt = s.Now()
		return nil
	})
	if err == nil {
		s.note(ctx, from, p.ID, account.ActVerified, account.Canonical(one.Email))
	}
	return err
}
