package relay

import (
	"context"
	"fmt"
	"strings"

	"madang"
	"madang/device"
)

// HubGuard lets in boxes that prove themselves: the token of their credentials is the serial, a colon, and the secret that
// [device.Service.Register] gave, which has none.
func (f *Feature) HubGuard() madang.Guard {
	return madang.GuardFunc(func(ctx context.Context, c madang.Credentials) (*madang.Principal, error) {
		i := strings.LastIndexByte(c.Token, ':')
		if i < 0 || len(c.Token) > maxCredential {
			return nil, fmt.Errorf("relay: a hub's credentials: %w", device.ErrUnauthenticated)
		}
		h, err := f.rules.Prove(ctx, c.App, c.Token[:i], c.Token[i+1:])
		if err != nil {
			return nil, err
		}
		return HubPrincipal(h.App, h.Serial), nil
	})
}

// maxCredential is the longest credential of a hub in bytes.
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
