package convention

import (
	"context"
	"fmt"

	"madang"
)

// Policy returns the rules that names alone decide: everybody may subscribe to public channels, and who subscribes to a
// private or presence channel may publish client events there, unless its app refuses them. It has no opinion on
// anything else, nor on principals of the guards that are named in except.
func Policy(apps *madang.Apps, except ...string) madang.Policy {
	foreign := map[string]bool{}
	for _, g := range except {
		foreign[g] = true
	}
	return madang.PolicyFunc(func(_ context.Context, r madang.AccessRequest) (*madang.Grant, error) {
		if foreign[r.Principal.Guard] || r.Principal.App != r.Channel.App {
			return nil, nil
		}
		switch r.Action {
		case madang.ActSubscribe:
			if KindOf(r.Channel.Name) == Public {
				return &madang.Grant{}, nil
			}
		case madang.ActPublish:
			if ClientEvent(r.Name) {
				return clientEvent(apps, r)
			}
		}
		return nil, nil
	})
}

// clientEvent decides on an event that a client publishes.
func clientEvent(apps *madang.Apps, r madang.AccessRequest) (*madang.Grant, error) {
	kind := KindOf(r.Channel.Name)
	app := apps.ByID(r.Channel.App)
	switch {
	case app != nil && !app.Rules.ClientEvents:
		return nil, fmt.Errorf("client event: the app refuses them: %w", madang.ErrForbidden)
	case kind != Private && kind != Presence || Encrypted(r.Channel.Name):
		return nil, fmt.Errorf("client event: only for private and presence channels that are not encrypted: %w", madang.ErrForbidden)
	case !r.Subscribed:
		return nil, fmt.Errorf("client event: not subscribed: %w", madang.ErrForbidden)
	}
	return &madang.Grant{}, nil
}
