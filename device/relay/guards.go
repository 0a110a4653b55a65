package relay

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"madang"
	"madang/device"
)

// HubGuard lets in boxes that prove themselves: the token of their credentials is the serial, a colon, and the secret that
// [device.Service.Register] gave, which has none; or a JSON Web Token as package proof says, for Deps.Audience.
func (f *Feature) HubGuard() madang.Guard {
	return madang.GuardFunc(func(ctx context.Context, c madang.Credentials) (*madang.Principal, error) {
		h, err := f.prove(ctx, c)
		if err != nil {
			return nil, err
		}
		return HubPrincipal(h.App, h.Serial), nil
	})
}

func (f *Feature) prove(ctx context.Context, c madang.Credentials) (device.Hub, error) {
	if i := strings.LastIndexByte(c.Token, ':'); i >= 0 && len(c.Token) <= maxCredential {
		return f.rules.Prove(ctx, c.App, c.Token[:i], c.Token[i+1:])
	}
	if strings.Count(c.Token, ".") != 2 { // what a token signed by a key has
		return device.Hub{}, fmt.Errorf("relay: a hub's credentials: %w", device.ErrUnauthenticated)
	}
	return f.rules.ProveByKey(ctx, c.App, c.Token, cmp.Or(f.audience, c.App))
}

// maxCredential is the longest serial with a secret, in bytes.
const maxCredential = 256

// TokenGuard lets in who shows the token of a pairing. Verify returns the payload of a token whose signature is good; issuer is
// what signs here. That the token has a record, and its person is not locked, is looked up each time.
//
// The principal's user is not the person but the token, for what it says elsewhere is nothing: no other feature is to take
// whoever holds it for the person.
func (f *Feature) TokenGuard(issuer string, verify func(ctx context.Context, token string) ([]byte, error)) madang.Guard {
	return madang.GuardFunc(func(ctx context.Context, c madang.Credentials) (*madang.Principal, error) {
		b, err := verify(ctx, c.Token)
		if err != nil {
			return nil, fmt.Errorf("relay: a pairing's token: %w: %w", device.ErrUnauthenticated, err)
		}
		claims, err := device.ReadPayload(issuer, b)
		if err != nil {
			return nil, err
		}
		a, t, err := f.rules.ByToken(ctx, c.App, claims.ID)
		if err != nil {
			return nil, err
		}
		if t.Hub != claims.Serial || a.Person != claims.Subject {
			return nil, fmt.Errorf("relay: token %s is not what its record says: %w", claims.ID, device.ErrUnauthenticated)
		}
		return &madang.Principal{App: c.App, Guard: GuardToken, User: "token:" + t.ID, Claims: b, Expires: t.ExpiresAt}, nil
	})
}
