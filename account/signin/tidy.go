package signin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"madang/account"
)

// maxSignIns is how many sessions, and how many families of tokens, somebody has at a time. Those beyond it end, the one that was
// not used for the longest time first: a program that signs in again and again must not fill the store.
const maxSignIns = 100

// tidySessions ends sessions beyond maxSignIns. Those that wait for a second factor go first, or whoever knows the password alone
// could end the owner's; but none is the new one, which has just been kept.
func (s *Service) tidySessions(ctx context.Context, added account.Session) error {
	all, err := s.Store.Sessions(ctx, s.config.App, added.Person, s.Now())
	if err != nil {
		return fmt.Errorf("signin: list sessions: %w", err)
	}
	if len(all) <= maxSignIns {
		return nil
	}
	slices.Reverse(all)
	all = slices.DeleteFunc(all, func(x account.Session) bool { return x.ID == added.ID })
	slices.SortStableFunc(all, func(a, b account.Session) int {
		switch {
		case a.Pending == b.Pending:
			return 0
		case a.Pending:
			return -1
		}
		return 1
	})
	var e account.Ended
	for _, x := range all[:len(all)+1-maxSignIns] {
		if err := s.Store.EndSession(ctx, s.config.App, x.ID); err != nil && !errors.Is(err, account.ErrNotFound) {
			return fmt.Errorf("signin: end a session: %w", err)
		}
		e.Sessions = append(e.Sessions, x.ID)
	}
	s.ended(ctx, e)
	return nil
}

// tidyFamilies ends families beyond maxSignIns, but not the new one.
func (s *Service) tidyFamilies(ctx context.Context, added account.Family) error {
	all, err := s.Store.Families(ctx, s.config.App, added.Person, s.Now())
	if err != nil {
		return fmt.Errorf("signin: list families of tokens: %w", err)
	}
	all = slices.DeleteFunc(all, func(x account.Family) bool { return x.ID == added.ID })
	var e account.Ended
	for _, x := range all[min(len(all), maxSignIns-1):] {
		if err := s.Store.EndFamily(ctx, s.config.App, x.ID); err != nil && !errors.Is(err, account.ErrNotFound) {
			return fmt.Errorf("signin: end a family of tokens: %w", err)
		}
		e.Families = append(e.Families, x.ID)
	}
	s.ended(ctx, e)
	return nil
}
