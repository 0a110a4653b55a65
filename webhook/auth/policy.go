package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"madang"
	"madang/internal/convention"
	"madang/internal/seldom"
	"madang/webhook"
)

// quiet is how long the log says nothing more about a kind of refusal.
const quiet = 10 * time.Second

// Options are what a Policy needs besides its settings. The zero value works.
type Options struct {
	Apps   *madang.Apps // whose secrets verify what the backend has signed
	App    string       // whose clients the backend answers for: it has no say in other apps. Empty: those of every app
	Log    *slog.Logger
	Client *http.Client // nil: one made of the settings. One of the caller's own should follow no redirects
}

// A Policy is a [madang.Policy] that leaves private and presence channels to the backend. It has an opinion on
// subscriptions in its app that come with headers and without a signature, and on nothing else.
type Policy struct {
	cfg     Config
	app     string
	apps    *madang.Apps
	log     *slog.Logger
	backend *webhook.Backend
	gate    *turnstile
	seldom  *seldom.Gate
}

var _ madang.Policy = (*Policy)(nil)

// New returns the policy of a configuration. Without an auth_host it is off and has no opinion on anything.
func New(c Config, o Options) (*Policy, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("authorization by the backend: %w", err)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Apps == nil {
		o.Apps = &madang.Apps{}
	}
	b, err := webhook.NewBackend(c.Config, o.Client, c.MaxConcurrent, o.Log)
	if err != nil {
		return nil, fmt.Errorf("authorization by the backend: %w", err)
	}
	return &Policy{
		cfg: c, app: o.App, apps: o.Apps, log: o.Log, backend: b, gate: newTurnstile(c.MaxConcurrent, c.MaxWaiting),
		seldom: seldom.New(quiet),
	}, nil
}

// Enabled reports whether there is a backend to ask.
func (p *Policy) Enabled() bool { return p.cfg.Enabled() }

// Backend returns the backend that is asked, for others who have to tell it something.
func (p *Policy) Backend() *webhook.Backend { return p.backend }

// Authorize asks the backend. Its errors are [*Refusal]s, unless ctx ends.
func (p *Policy) Authorize(ctx context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	if !p.Enabled() || r.Action != madang.ActSubscribe || r.Proof == nil || r.Proof.Signature != "" || len(r.Proof.Header) == 0 {
		return nil, nil
	}
	if p.app != "" && p.app != r.Channel.App { // the question says nothing of apps: a yes for one would pass for a yes for all
		return nil, nil
	}
	kind := convention.KindOf(r.Channel.Name)
	if kind != convention.Private && kind != convention.Presence {
		return nil, nil
	}
	reply, err := p.ask(ctx, r)
	if err != nil && ctx.Err() != nil {
		return nil, fmt.Errorf("authorize %s: the client went away: %w", r.Channel, errors.Join(madang.ErrForbidden, ctx.Err()))
	}
	no := &Refusal{Channel: r.Channel, URL: reply.URL, Code: reply.Status, Err: err}
	switch {
	case err != nil && reply.Status == 0:
		no.Cause = unreachable(err)
	case err != nil: // the answer broke off
		no.Cause, no.Code = unreachable(err), 0
	case reply.Status != http.StatusOK || reply.Truncated || reply.Header.Get("Content-Encoding") != "":
		no.Cause = cause(reply)
	default:
		var g *madang.Grant
		if g, no.Err = p.decide(r, reply.Body); no.Err == nil {
			return g, nil
		}
		no.Cause = cause(reply)
	}
	p.report(no, reply)
	return nil, no
}

// ask puts the question when it is its turn. The time of waiting counts.
func (p *Policy) ask(ctx context.Context, r madang.AccessRequest) (webhook.Reply, error) {
	ctx, done := context.WithTimeout(ctx, p.cfg.Timeout)
	defer done()
	if err := p.gate.enter(ctx); err != nil {
		return webhook.Reply{}, err
	}
	defer p.gate.leave()
	return p.backend.Post(ctx, webhook.Call{
		Endpoint: p.cfg.AuthEndpoint, Header: r.Proof.Header, Remote: r.Proof.Remote, Repeats: true,
		Form: url.Values{"channel_name": {r.Channel.Name}, "socket_id": {string(r.Conn)}},
	})
}

// decide makes a grant of an answer.
func (p *Policy) decide(r madang.AccessRequest, body []byte) (*madang.Grant, error) {
	a, err := parseAnswer(body)
	if err != nil {
		return nil, err
	}
	if err := p.verify(r, a); err != nil {
		return nil, err
	}
	g := &madang.Grant{}
	if p.cfg.Expiry > 0 {
		g.Expires = time.Now().Add(p.cfg.Expiry)
	}
	if convention.KindOf(r.Channel.Name) == convention.Presence {
		if a.member == nil {
			return nil, errors.New("the answer does not say who enters: the channel's callback must return the user's data, not true")
		}
		g.Member = a.member
	}
	return g, nil
}

// verify checks what the backend has signed with a key that is known here. A key that is not known proves nothing and is
// not needed to: the backend itself has been asked. So apps of laravel-echo-server, which have no secret, stay as they
// are.
func (p *Policy) verify(r madang.AccessRequest, a answer) error {
	if a.key == "" {
		return nil
	}
	app, key := p.apps.ByKey(a.key)
	switch {
	case app == nil:
		return nil
	case app.ID != r.Channel.App:
		return fmt.Errorf("the backend signs with a key of app %q, but the client is one of %q: correct PUSHER_APP_KEY there, or the client's", app.ID, r.Channel.App)
	case !convention.Verify(key.Secret, convention.ChannelText(string(r.Conn), r.Channel.Name, a.signed), a.signature):
		return fmt.Errorf("the backend's signature with key %q is wrong: PUSHER_APP_SECRET there is not the key's secret here", a.key)
	}
	return nil
}

// report tells the log what has been refused and why. What is an everyday no is no warning.
func (p *Policy) report(r *Refusal, reply webhook.Reply) {
	subject := fmt.Sprintf("%s %d %s", r.URL, r.Code, r.Cause)
	skipped, ok := p.seldom.Allow(subject)
	if !ok {
		return
	}
	level := slog.LevelWarn
	if r.Code == http.StatusForbidden || r.Code == http.StatusUnauthorized {
		level = slog.LevelInfo
	}
	args := []any{"channel", r.Channel.String(), "url", r.URL, "status", r.Code}
	if len(reply.Body) > 0 {
		args = append(args, "body", clip(string(reply.Body)))
	}
	if r.Err != nil {
		args = append(args, "error", r.Err)
	}
	if r.Cause != "" {
		args = append(args, "cause", r.Cause)
	}
	if skipped > 0 {
		args = append(args, "others", skipped)
	}
	p.log.Log(context.Background(), level, "the backend did not authorize a subscription", args...)
}
