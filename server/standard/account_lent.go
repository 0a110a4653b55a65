package standard

import (
	"context"

	"madang"
	"madang/dialect/pusher"
)

// lent decides about a connection of nobody in particular that wants to be in a channel which roles open: what it has sent along
// may prove somebody who has one. Refused is the answer if it does not.
func (a *accounts) lent(ctx context.Context, r madang.AccessRequest, refused error) (*madang.Grant, error) {
	if r.Proof.Signature == "" {
		g, err := bearer{a.site.Hub, a.site.Log}.Authorize(ctx, r)
		if g == nil && err == nil {
			err = refused
		}
		return g, err
	}
	if r.Principal.Guard != pusher.GuardName {
		return nil, refused
	}
	g, err := pusher.NewPolicy(a.site.Apps).Authorize(ctx, r)
	switch {
	case err != nil:
		return nil, err
	case g == nil:
		return nil, refused
	case g.By == nil:
		return nil, nil // by the app's own backend, which has the key: it is no person and has no roles
	}
	asked := r
	asked.Principal, asked.Proof = g.By, nil
	if may, err := a.gate.Authorize(ctx, asked); err != nil || may == nil {
		return nil, refused
	}
	return g, nil
}
