package standard

import (
	"context"
	"log/slog"
	"strings"

	"madang"
	"madang/server"
)

// A bearer is the policy for connections of nobody in particular whose client shows a token of this server along with a
// subscription, as Laravel Echo does with auth.headers: the request is looked at as the one of the token's user. Tokens
// that are not this server's are left to the backend whose they may be.
type bearer struct {
	hub *madang.Hub
	log *slog.Logger
}

func openBearer(_ context.Context, s *server.Site, _ struct{}) (bearer, error) {
	return bearer{s.Hub, s.Log}, nil
}

// Authorize implements madang.Policy.
func (b bearer) Authorize(ctx context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	if r.Action != madang.ActSubscribe || r.Principal.User != "" || r.Proof == nil || r.Proof.Signature != "" {
		return nil, nil
	}
	token, ok := strings.CutPrefix(first(r.Proof.Header["Authorization"]), "Bearer ")
	if !ok || strings.Count(token, ".") != 2 { // Sanctum's, say: the guard would only tell the log that it refuses it
		return nil, nil
	}
	who, err := b.hub.Authenticate(ctx, madang.Credentials{App: r.Principal.App, Token: token, Remote: r.Proof.Remote})
	if err != nil || who.User == "" || who.App != r.Principal.App {
		b.log.DebugContext(ctx, "a subscription's bearer token is not this server's and left to the backend", "channel", r.Channel.String())
		return nil, nil //nolint:nilerr // no opinion: it may be a token of the user's backend
	}
	asked := r
	asked.Principal = who
	g, err := b.hub.Authorize(ctx, asked)
	if err != nil {
		return nil, err
	}
	until := *g
	if !who.Expires.IsZero() && (g.Expires.IsZero() || who.Expires.Before(g.Expires)) {
		until.Expires = who.Expires
	}
	return &until, nil
}

func first(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return all[0]
}
