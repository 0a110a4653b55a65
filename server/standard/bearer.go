package standard

import (
	"context"
	"log/slog"
	"strings"

	"madang"
	"madang/server"
)

// A bearer is the policy for connections of nobody in particular whose client proves along with a subscription who it is: by a
// token of this server, as Laravel Echo does with auth.headers, or by the session's cookie that came with the handshake. The
// request is looked at as that person's, and the subscription ends with what they are signed in by. Tokens that are not this
// server's are left to the backend whose they may be.
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
	shown, ok := b.shown(r)
	if !ok {
		return nil, nil
	}
	who, err := b.hub.Authenticate(ctx, shown)
	if err != nil || who.User == "" || who.App != r.Principal.App {
		b.log.DebugContext(ctx, "what came along with a subscription proves nobody here and is left to the backend", "channel", r.Channel.String())
		return nil, nil //nolint:nilerr // no opinion: it may be a token or a cookie of the user's backend
	}
	asked := r
	asked.Principal = who
	g, err := b.hub.Authorize(ctx, asked)
	if err != nil {
		return nil, err
	}
	lent := *g
	lent.By = who
	if !who.Expires.IsZero() && (g.Expires.IsZero() || who.Expires.Before(g.Expires)) {
		lent.Expires = who.Expires
	}
	return &lent, nil
}

// shown returns what there is to prove who a client is; ok is false if that can be nothing of this server's. A cookie counts with
// the headers of the handshake alone: those that came along with the subscription a page of anybody's has chosen.
func (b bearer) shown(r madang.AccessRequest) (c madang.Credentials, ok bool) {
	c = madang.Credentials{App: r.Principal.App, Remote: r.Proof.Remote}
	if header := first(r.Proof.Header["Authorization"]); header != "" {
		c.Token, ok = strings.CutPrefix(header, "Bearer ")
		return c, ok && (strings.Count(c.Token, ".") == 2 || strings.Contains(c.Token, "|")) // else it could be of no guard here
	}
	if r.Proof.Request == nil || r.Proof.Request("Cookie") == "" || !b.hub.HasGuard(webGuard) {
		return c, false
	}
	c.Guard, c.Header = webGuard, r.Proof.Request
	return c, true
}

// webGuard is the guard of sessions.
const webGuard = "web"

func first(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return all[0]
}
