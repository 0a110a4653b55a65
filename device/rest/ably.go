package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"madang"
	"madang/device"
)

// Ably makes tokens for clients of Ably's protocol. This is community-built, not an Ably product.
type Ably interface {
	// Token returns what a client expects of its authUrl: a token's details as JSON. They are of who the principal is, with
	// rights by channel, for a time.
	Token(ctx context.Context, p *madang.Principal, rights map[string][]string, ttl time.Duration) ([]byte, error)
}

// ablyTTL is how long such a token is good at most: what it rests on is looked up again when it is renewed.
const ablyTTL = time.Hour

// ablyToken gives a hub, or who has paired with it, a token for their channel alone.
func (a *API) ablyToken(ctx context.Context, in *OfHub) (*reply[json.RawMessage], error) {
	if a.Ably == nil {
		return nil, fmt.Errorf("tokens of Ably's protocol: %w", device.ErrNotFound)
	}
	c := who(ctx)
	channel, ttl := "private-hub."+in.Serial, ablyTTL
	if c.Serial == "" {
		if _, err := a.rules.Hub(ctx, c.Actor, in.Serial); err != nil {
			return nil, err
		}
		channel = "private-home." + in.Serial
		if end := c.Principal.Expires; !end.IsZero() {
			ttl = min(ttl, time.Until(end))
		}
	} else if err := own(ctx, in.Serial); err != nil {
		return nil, err
	}
	b, err := a.Ably.Token(ctx, c.Principal, map[string][]string{channel: {"publish", "subscribe"}}, ttl)
	return answer(json.RawMessage(b), err)
}
