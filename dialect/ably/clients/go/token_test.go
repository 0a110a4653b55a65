package clients

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ably/ably-go/ably"
)

// Tokens of all kinds open what they allow and nothing else.
func TestTokens(t *testing.T) {
	forms(t, func(t *testing.T, f form) {
		issuer, name := f.rest(t), fresh()
		params := &ably.TokenParams{ClientID: "ann", Capability: `{"` + name + `":["subscribe","publish"]}`, TTL: 60_000}
		details, err := issuer.Auth.RequestToken(within(t), params)
		must(t, err)
		want(t, "the token", []any{details.ClientID, details.KeyName, details.Expires - details.Issued}, []any{"ann", "main.root", int64(60_000)})
		asked := make(chan string, 4)
		for kind, option := range map[string]ably.ClientOption{
			"a token":     ably.WithToken(details.Token),
			"its details": ably.WithTokenDetails(details),
			"a callback that asks for a token": ably.WithAuthCallback(func(ctx context.Context, p ably.TokenParams) (ably.Tokener, error) {
				asked <- p.ClientID
				return issuer.Auth.RequestToken(ctx, params)
			}),
			"a callback that signs a request": ably.WithAuthCallback(func(context.Context, ably.TokenParams) (ably.Tokener, error) {
				return issuer.Auth.CreateTokenRequest(params)
			}),
		} {
			c := f.connect(t, port(t, "PORT"), option)
			want(t, kind+": the client id", c.Auth.ClientID(), "ann")
			heard := hears(t, c.Channels.Get(name))
			must(t, c.Channels.Get(name).Publish(within(t), "n", kind))
			want(t, kind, heard.wait(t, 1)[0].ClientID, "ann")
			refused(t, c.Channels.Get("elsewhere").Attach(within(t)), 40160)
			must(t, f.rest(t, option).Channels.Get(name).Publish(within(t), "n", kind))
		}
		if len(asked) == 0 {
			t.Error("the callback was never asked")
		}
	})
}

// A connection is asked for its next token in time, and goes on as the one it was.
func TestRenewal(t *testing.T) {
	forms(t, func(t *testing.T, f form) {
		issuer, name := f.rest(t), fresh()
		var asked, over atomic.Int64 // over: when the first token is, in ms
		c := f.connect(t, port(t, "PORT"), ably.WithAuthCallback(func(ctx context.Context, _ ably.TokenParams) (ably.Tokener, error) {
			ttl := int64(time.Hour / time.Millisecond)
			if asked.Add(1) == 1 {
				ttl = 8_000 // so little that the next one is asked for at once
			}
			details, err := issuer.Auth.RequestToken(ctx, &ably.TokenParams{ClientID: "ann", TTL: ttl})
			if err == nil {
				over.CompareAndSwap(0, details.Expires)
			}
			return details, err
		}))
		id, changes := c.Connection.ID(), new(inbox[ably.ConnectionStateChange])
		c.Connection.OnAll(changes.add)
		heard := hears(t, c.Channels.Get(name))
		eventually(t, "the second token", func() bool { return asked.Load() >= 2 })
		time.Sleep(time.Until(time.UnixMilli(over.Load() + 500)))
		must(t, c.Channels.Get(name).Publish(within(t), "n", "still here"))
		want(t, "heard", datas(heard.wait(t, 1)), []any{"still here"})
		want(t, "the connection", c.Connection.ID(), id)
		for _, change := range changes.wait(t, 0) {
			want(t, "all changes", change.Event, ably.ConnectionEventUpdate)
		}
	})
}

// A token that has expired is replaced; authorizing anew gives a connection other rights.
func TestReplacement(t *testing.T) {
	forms(t, func(t *testing.T, f form) {
		issuer, name := f.rest(t), fresh()
		old, err := issuer.Auth.RequestToken(within(t), &ably.TokenParams{TTL: 1})
		must(t, err)
		time.Sleep(10 * time.Millisecond)
		callback := ably.WithAuthCallback(func(ctx context.Context, p ably.TokenParams) (ably.Tokener, error) {
			return issuer.Auth.RequestToken(ctx, &p)
		})
		c := f.connect(t, port(t, "PORT"), ably.WithToken(old.Token), callback)
		must(t, c.Channels.Get(name).Attach(within(t)))
		if _, err := c.Auth.Authorize(within(t), &ably.TokenParams{Capability: `{"other":["subscribe"]}`}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the channel has failed", func() bool { return c.Channels.Get(name).State() == ably.ChannelStateFailed })
		refused(t, c.Channels.Get(name).ErrorReason(), 40160)
		must(t, c.Channels.Get("other").Attach(within(t)))
	})
}
