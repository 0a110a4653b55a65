package signin

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"madang/account"
	"madang/account/words"
)

// A Kind is one of the three things that somebody can be signed in by.
type Kind string

// Kinds.
const (
	KindSession  Kind = "session"
	KindFamily   Kind = "tokens"
	KindAPIToken Kind = "api_token"
)

// A SignIn is one of somebody's sign-ins, as they see it in a list.
type SignIn struct {
	ID        string // for EndOne: the kind and what is no secret of it
	Kind      Kind
	Current   bool   // it is what they ask with
	Name      string // of an API token
	Client    account.Client
	CreatedAt time.Time
	SeenAt    time.Time // zero: never used
	ExpiresAt time.Time // zero: never
}

// SignIns returns all that somebody is signed in by: sessions, families, and API tokens, each the last used first.
func (s *Service) SignIns(ctx context.Context, who SignedIn) ([]SignIn, error) {
	p, err := s.current(ctx, who)
	if err != nil {
		return nil, err
	}
	now, app := s.Now(), s.config.App
	sessions, err1 := s.Store.Sessions(ctx, app, p.ID, now)
	families, err2 := s.Store.Families(ctx, app, p.ID, now)
	tokens, err3 := s.Store.APITokens(ctx, app, p.ID, now)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, fmt.Errorf("signin: list sign-ins: %w", err)
	}
	all := make([]SignIn, 0, len(sessions)+len(families)+len(tokens))
	for _, x := range sessions {
		if !x.Pending {
			all = append(all, SignIn{ID: string(KindSession) + ":" + hex.EncodeToString(x.ID[:]), Kind: KindSession, Current: x.ID == who.Session.ID,
				Client: x.Client, CreatedAt: x.CreatedAt, SeenAt: x.SeenAt, ExpiresAt: x.ExpiresAt})
		}
	}
	for _, x := range families {
		all = append(all, SignIn{ID: string(KindFamily) + ":" + x.ID, Kind: KindFamily, Current: x.ID == who.Family.ID,
			Client: x.Client, CreatedAt: x.CreatedAt, SeenAt: x.SeenAt, ExpiresAt: x.ExpiresAt})
	}
	for _, x := range tokens {
		all = append(all, SignIn{ID: string(KindAPIToken) + ":" + strconv.FormatInt(x.ID, 10), Kind: KindAPIToken, Name: x.Name,
			CreatedAt: x.CreatedAt, SeenAt: x.UsedAt, ExpiresAt: x.ExpiresAt})
	}
	return all, nil
}

// EndOne ends one of somebody's own sign-ins by the id that SignIns gives it; NotFound if they have none of that id.
func (s *Service) EndOne(ctx context.Context, from From, who SignedIn, id string) error {
	all, err := s.SignIns(ctx, who)
	if err != nil {
		return err
	}
	for _, x := range all {
		if x.ID == id {
			return s.endOne(ctx, from, who.Person.ID, x)
		}
	}
	return refuse(NotFound, CodeNotFound, "")
}

func (s *Service) endOne(ctx context.Context, from From, person int64, x SignIn) (err error) {
	_, id, _ := strings.Cut(x.ID, ":")
	var e account.Ended
	act := account.ActEnded
	switch x.Kind {
	case KindSession:
		var h account.Hash
		if _, err = hex.Decode(h[:], []byte(id)); err == nil {
			e.Sessions = []account.Hash{h}
			err = s.Store.EndSession(ctx, s.config.App, h)
		}
	case KindFamily:
		e.Families = []string{id}
		err = s.Store.EndFamily(ctx, s.config.App, id)
	case KindAPIToken:
		act = account.ActTokenEnded
		var n int64
		if n, err = strconv.ParseInt(id, 10, 64); err == nil {
			e.APITokens = []int64{n}
			err = s.Store.EndAPIToken(ctx, s.config.App, person, n)
		}
	}
	if errors.Is(err, account.ErrNotFound) {
		return refuse(NotFound, CodeNotFound, "")
	}
	if err != nil {
		return fmt.Errorf("signin: end a sign-in: %w", err)
	}
	s.ended(ctx, e)
	s.note(ctx, from, person, act, string(x.Kind))
	return nil
}

// EndOthers ends all sessions and families of somebody who says their password, but the one they ask with. Programs' tokens stay.
func (s *Service) EndOthers(ctx context.Context, from From, who SignedIn, password string) error {
	p, err := s.current(ctx, who)
	if err != nil {
		return err
	}
	if err := s.ownPassword(ctx, from, p, "password", password, words.Incorrect); err != nil {
		return err
	}
	if err := s.endAll(ctx, p, account.Except{Session: who.Session.ID, Family: who.Family.ID, APITokens: true}); err != nil {
		return err
	}
	s.note(ctx, from, p.ID, account.ActEnded, "all others")
	return nil
}
