package rest

import (
	"context"
	"fmt"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"madang"
	"madang/device"
	"madang/device/caller"
)

// callerKey is the key under which a request's context has its caller.
type callerKey struct{}

// who returns the caller of a request that authenticate has let through.
func who(ctx context.Context) caller.Caller {
	c, _ := ctx.Value(callerKey{}).(caller.Caller)
	return c
}

// authenticate lets requests through whose credentials the guard takes.
func (a *API) authenticate(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	f := caller.Finder{Hub: a.Hub, Rules: a.rules, App: a.config.App, Guard: a.config.Guard, Locale: a.config.Locale}
	c, err := f.Of(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	next(huma.WithValue(ctx, callerKey{}, c))
}

// kind is what kinds of callers an operation is for.
type kind int

const (
	people  kind = iota // signed in
	holders             // people, and who shows the token of a pairing
	hubs                // a hub
	insides             // a hub, and who shows the token of a pairing
)

// admit asks whether a caller is of the kind that an operation is for, and may call the procedure that it does.
func (a *API) admit(ctx context.Context, k kind, procedure string) error {
	c := who(ctx)
	hub, person := c.Serial != "", c.Person()
	if !map[kind]bool{people: person, holders: !hub, hubs: hub, insides: !person}[k] {
		return fmt.Errorf("%q of guard %q is not whom this is for: %w", c.Principal.User, c.Principal.Guard, madang.ErrForbidden)
	}
	if a.Calls == nil || procedure == "" || !person {
		return nil
	}
	return a.Calls.AdmitCall(ctx, c.Principal, procedure)
}

// OfHub is the part of a request's path that names a hub. It is exported for the router, which passes over what is not.
type OfHub struct {
	Serial string `path:"serial" maxLength:"64" doc:"Serial of the hub"`
}

// own refuses a hub that names another.
func own(ctx context.Context, serial string) error {
	if who(ctx).Serial != serial {
		return fmt.Errorf("hub %s: %w", serial, device.ErrNotFound)
	}
	return nil
}
