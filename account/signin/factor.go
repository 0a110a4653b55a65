package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"madang/account"
	"madang/account/limit"
	"madang/account/signin/mails"
	"madang/account/totp"
	"madang/account/words"
)

// maxCode is the longest code that is looked at, in bytes.
const maxCode = 64

// badFactor is what everything is told that is no second factor.
func badFactor(from From, form ChallengeForm) *Refusal {
	if form.Code == "" && form.RecoveryCode != "" {
		return refuseField(from, "recovery_code", CodeFactor, words.RecoveryCode, limit.Verdict{})
	}
	return refuseField(from, "code", CodeFactor, words.TwoFactorCode, limit.Verdict{})
}

// withVerdict adds the verdict of the limit that counted an attempt to its refusal.
func withVerdict(err error, v limit.Verdict) error {
	var r *Refusal
	if errors.As(err, &r) && r.Verdict == (limit.Verdict{}) {
		r.Verdict = v
	}
	return err
}

// useFactor accepts a code and sees to it that it is never accepted again: what is saved says which one was the last, and of
// many who try at once only one finds the person as they read it. The others read again, and find it used.
func (s *Service) useFactor(ctx context.Context, from From, id int64, form ChallengeForm) (account.Person, error) {
	recovered := false
	_, p, err := s.change(ctx, id, func(p *account.Person) (err error) {
		if !p.Factor.On() {
			return badFactor(from, form)
		}
		recovered, err = s.spend(p, from, form)
		return err
	})
	if _, ok := errors.AsType[*Refusal](err); ok {
		s.note(ctx, from, id, account.ActRefused, "second factor")
	}
	if err != nil {
		return p, err
	}
	s.forgive(ctx, s.key("two factor long", strconv.FormatInt(id, 10)))
	if recovered {
		s.note(ctx, from, id, account.ActRecoveryUsed, "")
		s.notify(ctx, from, p, p.Email, mails.RecoveryUsed)
	}
	return p, nil
}

// spend uses a code up in p.
func (s *Service) spend(p *account.Person, from From, form ChallengeForm) (recovered bool, err error) {
	switch {
	case len(form.Code) > maxCode || len(form.RecoveryCode) > maxCode:
		return false, badFactor(from, form)
	case form.Code != "":
		secret, err := s.factorSecret(*p)
		if err != nil {
			return false, err
		}
		step, ok := totp.Match(secret, form.Code, s.Now(), p.Factor.Step)
		if !ok {
			return false, badFactor(from, form)
		}
		p.Factor.Step = step
		return false, nil
	case form.RecoveryCode != "":
		codes, err := s.recoveryCodes(*p)
		if err != nil {
			return false, err
		}
		left, ok := totp.UseRecoveryCode(codes, form.RecoveryCode)
		if !ok {
			return false, badFactor(from, form)
		}
		p.Factor.Codes, err = s.sealCodes(*p, left)
		return true, err
	}
	return false, badFactor(from, form)
}

// purpose binds what is sealed to the person: it cannot be copied to another.
func (s *Service) purpose(p account.Person) string { return "factor:" + p.App + ":" + p.User() }

func (s *Service) factorSecret(p account.Person) (string, error) {
	b, err := s.Box.Open(p.Factor.Secret, s.purpose(p))
	if err != nil {
		return "", fmt.Errorf("signin: the second factor of person %d: %w", p.ID, err)
	}
	return string(b), nil
}

func (s *Service) sealCodes(p account.Person, codes []string) ([]byte, error) {
	b, err := json.Marshal(codes)
	if err != nil {
		return nil, fmt.Errorf("signin: recovery codes: %w", err)
	}
	return s.Box.Seal(b, s.purpose(p)+":codes"), nil
}

func (s *Service) recoveryCodes(p account.Person) (codes []string, err error) {
	if len(p.Factor.Codes) == 0 {
		return nil, nil
	}
	b, err := s.Box.Open(p.Factor.Codes, s.purpose(p)+":codes")
	if err == nil {
		err = json.Unmarshal(b, &codes)
	}
	if err != nil {
		return nil, fmt.Errorf("signin: the recovery codes of person %d: %w", p.ID, err)
	}
	return codes, nil
}

// factorOwner returns who may look at and change their second factor: with a password that was confirmed not long ago, if the
// configuration wants that.
func (s *Service) factorOwner(ctx context.Context, who SignedIn) (account.Person, error) {
	if !s.config.Features.TwoFactor {
		return account.Person{}, off()
	}
	p, err := s.current(ctx, who)
	if err == nil && s.config.Features.TwoFactorLock && !s.Confirmed(who, 0) {
		err = refuse(Locked, CodeConfirm, words.Confirm)
	}
	return p, err
}

// factorChange is factorOwner for who changes it.
func (s *Service) factorChange(ctx context.Context, who SignedIn) error {
	p, err := s.factorOwner(ctx, who)
	if err == nil {
		err = s.takeChange(ctx, p.ID)
	}
	return err
}

// EnableFactor gives somebody a secret and recovery codes. They are asked for codes when ConfirmFactor has seen the first one.
// Who has a secret keeps it, unless force says that there must be a new one; that has to be confirmed again.
func (s *Service) EnableFactor(ctx context.Context, from From, who SignedIn, force bool) error {
	if err := s.factorChange(ctx, who); err != nil {
		return err
	}
	made := false
	before, p, err := s.change(ctx, who.Person.ID, func(p *account.Person) (err error) {
		if made = force || len(p.Factor.Secret) == 0; !made {
			return nil
		}
		p.Factor = account.Factor{Secret: s.Box.Seal([]byte(totp.NewSecret()), s.purpose(*p))}
		p.Factor.Codes, err = s.sealCodes(*p, totp.NewRecoveryCodes())
		return err
	})
	if err != nil || !made {
		return err
	}
	s.note(ctx, from, p.ID, account.ActFactorOn, "")
	if before.Factor.On() {
		s.notify(ctx, from, p, p.Email, mails.FactorOff)
	}
	return nil
}

// ConfirmFactor shows that somebody's app makes the right codes; from then on they are asked for.
func (s *Service) ConfirmFactor(ctx context.Context, from From, who SignedIn, code string) error {
	if _, err := s.factorOwner(ctx, who); err != nil {
		return err
	}
	form := ChallengeForm{Code: code}
	v, err := s.takeFactor(ctx, who.Person.ID, form)
	if err != nil {
		return err
	}
	_, p, err := s.change(ctx, who.Person.ID, func(p *account.Person) error {
		if len(p.Factor.Secret) == 0 || p.Factor.On() {
			return badFactor(from, form)
		}
		p.Factor.ConfirmedAt = s.Now()
		_, err := s.spend(p, from, form)
		return err
	})
	if err != nil {
		return withVerdict(err, v)
	}
	s.note(ctx, from, p.ID, account.ActFactorConfirmed, "")
	s.notify(ctx, from, p, p.Email, mails.FactorOn)
	return nil
}

// DisableFactor takes somebody's second factor away. It is no error if there is none.
func (s *Service) DisableFactor(ctx context.Context, from From, who SignedIn) error {
	if err := s.factorChange(ctx, who); err != nil {
		return err
	}
	before, p, err := s.change(ctx, who.Person.ID, func(p *account.Person) error {
		p.Factor = account.Factor{}
		return nil
	})
	if err != nil || len(before.Factor.Secret) == 0 {
		return err
	}
	s.note(ctx, from, p.ID, account.ActFactorOff, "")
	if before.Factor.On() {
		s.notify(ctx, from, p, p.Email, mails.FactorOff)
	}
	return nil
}

// FactorSecret returns the secret for an authenticator app, in base32; NotFound if there is none.
func (s *Service) FactorSecret(ctx context.Context, who SignedIn) (string, error) {
	p, err := s.factorOwner(ctx, who)
	if err != nil {
		return "", err
	}
	if len(p.Factor.Secret) == 0 {
		return "", refuse(NotFound, CodeNotFound, "")
	}
	return s.factorSecret(p)
}

// qrPixels is the size of Fortify's picture.
const qrPixels = 192

// FactorQR returns the secret as a QR code and as the URL in it; NotFound if there is none.
func (s *Service) FactorQR(ctx context.Context, who SignedIn) (svg, url string, err error) {
	secret, err := s.FactorSecret(ctx, who)
	if err != nil {
		return "", "", err
	}
	url = totp.URL(s.config.Product, strings.TrimSpace(who.Person.Email), secret)
	if svg, err = totp.SVG(url, qrPixels); err != nil {
		return "", "", fmt.Errorf("signin: %w", err)
	}
	return svg, url, nil
}

// RecoveryCodes returns somebody's codes; none if there is no second factor.
func (s *Service) RecoveryCodes(ctx context.Context, who SignedIn) ([]string, error) {
	p, err := s.factorOwner(ctx, who)
	if err != nil {
		return nil, err
	}
	return s.recoveryCodes(p)
}

// NewRecoveryCodes gives somebody other codes in place of all they have.
func (s *Service) NewRecoveryCodes(ctx context.Context, from From, who SignedIn) error {
	if err := s.factorChange(ctx, who); err != nil {
		return err
	}
	_, p, err := s.change(ctx, who.Person.ID, func(p *account.Person) (err error) {
		if len(p.Factor.Secret) == 0 {
			return refuse(NotFound, CodeNotFound, "")
		}
		p.Factor.Codes, err = s.sealCodes(*p, totp.NewRecoveryCodes())
		return err
	})
	if err == nil {
		s.note(ctx, from, p.ID, account.ActRecoveryNew, "")
	}
	return err
}
