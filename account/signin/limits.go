package signin

import (
	"context"
	"encoding/hex"
	"net/netip"
	"strconv"
	"time"

	"madang/account"
	"madang/account/limit"
	"madang/account/words"
)

// key is what attempts are counted by. Addresses are counted in their canonical form, or each way to write one would have
// attempts of its own; and hashed, so that nothing that people typed is kept.
func (s *Service) key(kind, what string) string {
	h := hash(what)
	return s.config.App + "\x00" + string(s.config.Provider) + "\x00" + kind + "\x00" + hex.EncodeToString(h[:16])
}

// network is what an address of the network counts as: who has one address of IPv6 has all of its /64.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if ip = ip.Unmap(); ip.Is4() {
		return ip.String()
	}
	prefix, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}

// wideFactor is how many times the attempts of one network a provider's /48 of IPv6 has: 65536 networks that anybody gets for
// the asking must not be 65536 times the attempts.
const wideFactor = 10

// takeWide counts an attempt by the /48 of an address of IPv6.
func (s *Service) takeWide(ctx context.Context, kind string, from From, r limit.Rule) (limit.Verdict, error) {
	r.Max *= wideFactor
	ip, _ := netip.ParseAddr(from.Client.Address) // what is no address was counted as it is
	wide, err := ip.WithZone("").Prefix(48)
	if err != nil || !ip.Is6() || ip.Is4In6() {
		return limit.Verdict{Allowed: true}, nil //nolint:nilerr // as there is none
	}
	return s.Limiter.Take(ctx, s.key(kind+" wide", wide.String()), r)
}

func (s *Service) pair(from From, email string) string {
	return s.key("login", account.Canonical(email)+"\x00"+network(from.Client.Address))
}

// takeLogin counts an attempt to sign in. The narrow limits come first: what one network is refused must not use up what the
// account and everybody have, or it could lock them out. A network that has none left is not counted by address of mail either:
// each that it makes up would be one more to keep.
func (s *Service) takeLogin(ctx context.Context, from From, email string) (limit.Verdict, error) {
	l := s.config.Limits
	if v, err := s.Limiter.Look(ctx, s.key("login ip", network(from.Client.Address)), l.LoginIP); err != nil || !v.Allowed {
		v.First = false
		return v, err
	}
	v, err := s.Limiter.Take(ctx, s.pair(from, email), l.Login)
	if err != nil || !v.Allowed {
		return v, err
	}
	ip, err := s.Limiter.Take(ctx, s.key("login ip", network(from.Client.Address)), l.LoginIP)
	if err != nil || !ip.Allowed {
		return ip, err
	}
	wide, err := s.takeWide(ctx, "login ip", from, l.LoginIP)
	if err != nil || !wide.Allowed {
		return wide, err
	}
	everywhere, err := s.Limiter.Take(ctx, s.key("login any", account.Canonical(email)), l.LoginAny)
	if err != nil {
		return everywhere, err
	}
	if !everywhere.Allowed {
		home, err := s.atHome(ctx, from, email)
		if err != nil || !home {
			return everywhere, err
		}
	}
	all, err := s.Limiter.Take(ctx, s.key("login all", ""), l.LoginAll)
	if err != nil || !all.Allowed {
		return all, err
	}
	return v, nil
}

// homeTime is how long a network is somebody's because they chose a password there by a link.
const homeTime = time.Hour

// moveIn makes a network somebody's for a while: they have just shown there that they read their mail.
func (s *Service) moveIn(ctx context.Context, from From, email string) {
	if _, err := s.Limiter.Take(ctx, s.key("home", s.pair(from, email)), limit.Rule{Max: 1, Window: homeTime}); err != nil {
		s.Log.WarnContext(ctx, "where somebody reset their password is not remembered", "error", err)
	}
}

// atHome reports whether somebody is signed in from the same network, or has just reset their password there. Attempts from all
// over the world do not lock them out there.
func (s *Service) atHome(ctx context.Context, from From, email string) (bool, error) {
	if v, err := s.Limiter.Look(ctx, s.key("home", s.pair(from, email)), limit.Rule{Max: 1, Window: homeTime}); err != nil || v.Remaining == 0 {
		return err == nil, err
	}
	p, err := s.byEmail(ctx, email)
	if err != nil || p.ID == 0 {
		return false, err
	}
	now, here := s.Now(), network(from.Client.Address)
	sessions, err := s.Store.Sessions(ctx, s.config.App, p.ID, now)
	if err != nil {
		return false, err
	}
	for _, x := range sessions {
		if !x.Pending && network(x.Client.Address) == here {
			return true, nil
		}
	}
	families, err := s.Store.Families(ctx, s.config.App, p.ID, now)
	for _, x := range families {
		if network(x.Client.Address) == here {
			return true, nil
		}
	}
	return false, err
}

// take counts an attempt by what somebody does, and refuses one too many.
func (s *Service) take(ctx context.Context, kind, what string, r limit.Rule) (limit.Verdict, error) {
	v, err := s.Limiter.Take(ctx, s.key(kind, what), r)
	if err != nil {
		return v, err
	}
	if !v.Allowed {
		return v, &Refusal{Class: TooMany, Code: CodeThrottled, Key: words.Throttled, Verdict: v}
	}
	return v, nil
}

func (s *Service) takeBy(ctx context.Context, kind string, person int64, r limit.Rule) (limit.Verdict, error) {
	return s.take(ctx, kind, strconv.FormatInt(person, 10), r)
}

// takeChange counts what somebody changes: each is written down for good in the audit log, and some of it told to other nodes.
func (s *Service) takeChange(ctx context.Context, person int64) error {
	_, err := s.takeBy(ctx, "change", person, s.config.Limits.Change)
	return err
}

// takeFactor counts an attempt at a second factor.
func (s *Service) takeFactor(ctx context.Context, person int64, form ChallengeForm) (limit.Verdict, error) {
	v, err := s.takeBy(ctx, "two factor", person, s.config.Limits.TwoFactor)
	if err == nil && form.Code != "" {
		_, err = s.takeBy(ctx, "two factor long", person, s.config.Limits.TwoFactorLong)
	}
	return v, err
}

func (s *Service) takeForm(ctx context.Context, from From) error {
	if _, err := s.take(ctx, "form", network(from.Client.Address), s.config.Limits.Form); err != nil {
		return err
	}
	v, err := s.takeWide(ctx, "form", from, s.config.Limits.Form)
	if err == nil && !v.Allowed {
		err = &Refusal{Class: TooMany, Code: CodeThrottled, Key: words.Throttled, Verdict: v}
	}
	return err
}

// tooMany is the refusal of a login. It has the words for a form too, which Fortify without a limiter of routes answers with.
func tooMany(from From, v limit.Verdict) *Refusal {
	r := refuseField(from, "email", CodeThrottled, words.Throttle, v, "seconds", words.Number(v.Seconds()))
	r.Class = TooMany
	return r
}
