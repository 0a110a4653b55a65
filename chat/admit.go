package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"madang"
)

// Authorize implements [madang.Policy]: what Policy says about the procedures, and what Admit says about the channels in
// which others than chat's own clients hear a room.
func (f *Feature) Authorize(ctx context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	switch r.Action {
	case madang.ActSubscribe, madang.ActEnter, madang.ActMembers, madang.ActHistory, madang.ActOccupancy:
		return f.Admit(ctx, r.Principal, r.Channel)
	}
	return f.policy.Authorize(ctx, r)
}

// Admit says whether somebody may be in one of the channels in which others than chat's own clients hear a room. Who may
// read the room may: a member, in a public room everybody. Others are refused with ErrForbidden. There is no opinion on any
// other channel, on one of a room that does not exist, and on nobody in particular, who may have other proofs; only where
// the channel's name would let everybody in, nobody in particular is kept out of rooms that are not public.
//
// The grant names the member on private channels too: by it the subscription is found, and ended, when the membership
// ends. A policy that knows by other means who asks, such as a token that comes with the subscription, returns Admit's
// grant as it is.
func (f *Feature) Admit(ctx context.Context, p *madang.Principal, ch madang.Channel) (*madang.Grant, error) {
	ref, open, ok := f.mirrored(ch)
	if !ok || p == nil || p.App != ch.App || p.User == "" && !open {
		return nil, nil
	}
	return f.admit(ctx, p, ch, ref)
}

// AdmitAlone is Admit for clients that have no proof but who they are: nobody in particular is kept out of all channels of
// rooms that are not public.
func (f *Feature) AdmitAlone(ctx context.Context, p *madang.Principal, ch madang.Channel) (*madang.Grant, error) {
	ref, _, ok := f.mirrored(ch)
	if !ok || p == nil || p.App != ch.App {
		return nil, nil
	}
	return f.admit(ctx, p, ch, ref)
}

func (f *Feature) admit(ctx context.Context, p *madang.Principal, ch madang.Channel, ref RoomRef) (*madang.Grant, error) {
	r, err := f.rules.store.Room(ctx, ref)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("chat: admit to %s: %w", ch, err)
	case p.User == "" && r.Kind == RoomPublic:
		return nil, nil
	case p.User == "":
		return nil, fmt.Errorf("chat: admit to %s: for members of the room only: %w", ch, ErrForbidden)
	}
	if _, err := f.rules.reader(ctx, UserOf(p), ref.ID); err != nil {
		return nil, fmt.Errorf("chat: admit to %s: %w", ch, err)
	}
	name := p.Name
	if name == "" {
		names, err := f.names(ctx, p.App, p.User)
		if err != nil {
			return nil, err
		}
		name = names[p.User].Name
	}
	return &madang.Grant{Member: &madang.Member{User: p.User, Data: memberData(p.User, name), Type: madang.JSON}}, nil
}

// memberData is how a presence set shows somebody.
func memberData(id, name string) []byte { return encode(Person{ID: id, Name: cmp.Or(name, id)}) }
