package standard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"madang"
	"madang/device"
	"madang/device/relay"
	"madang/dialect/ably"
	"madang/dialect/ably/shape"
	"madang/dialect/ably/token"
	"madang/dialect/pusher"
	"madang/dialect/pusher/authorize"
	"madang/server"
)

// tongues let clients of Pusher's protocol, of Laravel Echo and of the Ably protocol be part of what happens at home, by channels:
// see [relay.Feature.Admit]. They are the first policy that is asked, so that nothing else opens these channels: no capability, no
// signature of an app's backend, and no key.
type tongues struct {
	of atomic.Pointer[spoken] // nil: devices are off, and the channels are like any other
}

// spoken is what tongues need of other parts.
type spoken struct {
	hub    *madang.Hub
	relay  *relay.Feature
	store  relay.Store
	signed madang.Policy // of Pusher's clients
	bearer bearer
	ably   *ablyGuard // nil: that protocol is off
	key    string     // that signs its tokens; empty: there is none
	sealer sealer     // of what they are let in by
}

func openTongues(context.Context, *server.Site, struct{}) (*tongues, error) { return &tongues{}, nil }

// Guards implements server.Guarder: there are none. It is opened with those to be asked before the policies among them.
func (t *tongues) Guards() map[string]madang.Guard { return nil }

// devicesInTongues joins devices with the protocols that know channels.
func devicesInTongues(s *server.Site) error {
	d, err := server.Find[*devices](s)
	if err != nil {
		return nil //nolint:nilerr // they are off
	}
	t, err := server.Find[*tongues](s)
	if err != nil {
		return err
	}
	of := &spoken{hub: s.Hub, relay: d.relay, store: d.store, signed: pusher.NewPolicy(s.Apps), bearer: bearer{s.Hub, s.Log}, sealer: d.sealer}
	if g, err := server.Find[*ablyGuard](s); err == nil {
		of.ably = g
		if app := s.Apps.ByID(d.config.app); app != nil && len(app.Keys) > 0 {
			of.key = app.ID + "." + app.Keys[0].Name
			d.rest.Ably = of
		}
		signIns := signInsOf(func(ctx context.Context, signIn string) (*madang.Principal, error) {
			return of.signIn(ctx, d.config.app, signIn)
		})
		g.ended.devices.Store(&signIns)
	}
	t.of.Store(of)
	if p, err := server.Find[*pusher.Server](s); err == nil {
		p.OnClientEvent(t.hear)
	}
	if h, err := server.Find[*authorize.Handler](s); err == nil {
		h.GuardOf(func(channel string) string {
			if relay.IsTongue(madang.Channel{App: d.config.app, Name: channel}) {
				return homeGuard
			}
			return ""
		})
		h.SealOf(func(conn madang.ConnID, channel, user string, by *madang.Principal) string {
			if !relay.IsTongue(madang.Channel{App: d.config.app, Name: channel}) {
				return ""
			}
			return of.sealer.seal(sealedChannel, subscriptionOf(conn, channel, user, by)...)
		})
	}
	return nil
}

// closedTo returns which channels backends publish nothing in: those of devices, where that would be the word of a hub, or a command
// that nobody has given. Nil: there are no devices.
func closedTo(s *server.Site) func(madang.Channel) bool {
	if _, err := server.Find[*devices](s); err != nil {
		return nil
	}
	return relay.IsTongue
}

// subscriptionOf is what is sealed of a subscription.
func subscriptionOf(conn madang.ConnID, channel, user string, by *madang.Principal) []string {
	guard, signIn := "", ""
	if by != nil {
		guard = by.Guard
		signIn, _ = by.Claim("sign_in").(string)
	}
	return []string{string(conn), channel, user, guard, signIn}
}

// hear takes what a client publishes in one of the channels.
func (t *tongues) hear(ctx context.Context, c *madang.Conn, m *madang.Message) (taken bool, err error) {
	of := t.of.Load()
	if of == nil {
		return false, nil
	}
	return of.relay.Hear(ctx, c, m)
}

// Authorize implements madang.Policy.
func (t *tongues) Authorize(ctx context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	of := t.of.Load()
	if of == nil || r.Action == madang.ActCall || !relay.IsTongue(r.Channel) {
		return nil, nil
	}
	who, shown, err := of.speaker(ctx, r)
	if err != nil {
		return nil, err
	}
	g, err := of.relay.Admit(ctx, who, r.Action, r.Channel)
	if g == nil || err != nil {
		return nil, err
	}
	if who != r.Principal {
		g.Member = nil // that of whoever they speak for is told by By alone
	}
	if who != r.Principal || who.Guard == relay.GuardHub {
		g.By = who
	}
	for _, until := range []time.Time{shown, who.Expires} {
		if !until.IsZero() && (g.Expires.IsZero() || until.Before(g.Expires)) {
			g.Expires = until
		}
	}
	return g, nil
}

// speaker returns who asks; until is when what they have shown ends.
func (of *spoken) speaker(ctx context.Context, r madang.AccessRequest) (who *madang.Principal, until time.Time, err error) {
	switch p := r.Principal; {
	case p.Guard == ably.GuardName:
		who, err = of.ofAbly(ctx, r)
		return who, until, err
	case p.Guard == pusher.GuardName:
		return of.ofPusher(ctx, r)
	case p.User == "" && r.Action == madang.ActSubscribe && r.Proof != nil:
		who, err = of.bearing(ctx, r)
		return who, until, err
	default:
		return p, until, nil
	}
}

// ofPusher returns who a client of Pusher's protocol is for whom this server has signed. What an app's backend has signed, a
// subscription or who the client is, says nothing at home: it could say anybody.
func (of *spoken) ofPusher(ctx context.Context, r madang.AccessRequest) (who *madang.Principal, until time.Time, err error) {
	if r.Action != madang.ActSubscribe || r.Proof == nil || r.Proof.Signature == "" {
		return nil, until, fmt.Errorf("this server has not signed for it: %w", madang.ErrForbidden)
	}
	g, err := of.signed.Authorize(ctx, r)
	if err != nil {
		return nil, until, err
	}
	if g == nil || g.Member == nil {
		return nil, until, fmt.Errorf("the signature is for nobody in particular: %w", madang.ErrForbidden)
	}
	var data struct{ Seal string }
	if json.Unmarshal(r.Proof.Data, &data) != nil ||
		!of.sealer.sealed(data.Seal, sealedChannel, subscriptionOf(r.Conn, r.Channel.Name, g.Member.User, g.By)...) {
		return nil, until, fmt.Errorf("the signature is not this server's own: ask it at /broadcasting/auth: %w", madang.ErrForbidden)
	}
	who = relay.Speaker(r.Principal.App, g.Member.User)
	if g.By != nil && g.By.User == who.User && who.Guard == "" {
		who = g.By // signed in here, and this ends with that
	}
	return who, g.Expires, nil
}

// ofAbly returns who a client of the Ably protocol is that this server has given its token to, and for this channel.
func (of *spoken) ofAbly(ctx context.Context, r madang.AccessRequest) (*madang.Principal, error) {
	if of.ably == nil || !signedIn(r.Principal) {
		return nil, fmt.Errorf("only tokens that this server has made for a hub or its people open this channel: %w", madang.ErrForbidden)
	}
	if _, err := of.ably.capability.Authorize(ctx, r); err != nil {
		return nil, err
	}
	return of.ably.ended.asPerson(ctx, r.Principal)
}

// bearing returns whose token or session comes along with a subscription of nobody in particular.
func (of *spoken) bearing(ctx context.Context, r madang.AccessRequest) (*madang.Principal, error) {
	shown := madang.Credentials{Guard: homeGuard, App: r.Principal.App, Remote: r.Proof.Remote}
	header := first(r.Proof.Header["Authorization"])
	if token, ok := strings.CutPrefix(header, "Bearer "); ok {
		shown.Token = token
	} else if shown, ok = of.bearer.shown(r); !ok {
		return nil, fmt.Errorf("who subscribes must prove who they are: %w", madang.ErrForbidden)
	}
	who, err := of.hub.Authenticate(ctx, shown)
	if errors.Is(err, madang.ErrUnauthenticated) {
		return nil, fmt.Errorf("%w: %w", madang.ErrForbidden, err)
	}
	if err == nil && who.App != r.Principal.App {
		err = fmt.Errorf("the credentials are of app %q: %w", who.App, madang.ErrForbidden)
	}
	return who, err
}

// takeAbly takes what a client of the Ably protocol publishes in one of the channels. Each message is a call, so there is one.
func (t *tongues) takeAbly(ctx context.Context, who *madang.Principal, all []*madang.Message) ([]madang.Position, bool, error) {
	of := t.of.Load()
	if of == nil || len(all) == 0 || !relay.IsTongue(all[0].Channel) {
		return nil, false, nil
	}
	if len(all) > 1 {
		return nil, true, shape.Info(shape.CodeBadRequest, "In a channel of devices one message is published at a time.")
	}
	if !signedIn(who) {
		return nil, true, fmt.Errorf("only who has a token of this server for it publishes there: %w", madang.ErrForbidden)
	}
	person, err := of.ably.ended.asPerson(ctx, who)
	if err != nil {
		return nil, true, err
	}
	_, err = of.relay.Take(ctx, person, all[0])
	return make([]madang.Position, 1), true, err
}

// deviceSignIn begins what tokens of the Ably protocol say that hubs, and who has paired with them, are signed in by: it goes on with
// what the hub proves itself with, in short, when the token ends, the mark of it all and their name, with colons between.
const deviceSignIn = "device:"

// Token implements rest.Ably: it makes a token for who a principal is, with rights in channels. It ends with what they were let
// in by.
func (of *spoken) Token(ctx context.Context, p *madang.Principal, rights map[string][]string, ttl time.Duration) ([]byte, error) {
	open := map[string][]string{}
	for name, ops := range rights {
		open[strings.ReplaceAll(name, ":", "=")] = ops
	}
	capability, err := json.Marshal(open)
	if err != nil {
		return nil, fmt.Errorf("a token for %s: %w", p.User, err)
	}
	signIn, ok := p.Claim("sign_in").(string)
	if !ok || p.Guard == relay.GuardHub || p.Guard == relay.GuardToken {
		proof, err := of.proofOf(ctx, p)
		if err != nil {
			return nil, err
		}
		until := strconv.FormatInt(time.Now().Add(ttl).Unix(), 10)
		signIn = deviceSignIn + strings.Join([]string{proof, until, of.sealer.seal(sealedToken, p.App, proof, until, p.User), p.User}, ":")
	}
	x, err := of.ably.authority.Sign(of.key, token.JWT{
		ClientID: p.User, Capability: string(capability), TTL: max(ttl.Truncate(time.Second), time.Second), RevocationKey: ably.SignInPrefix + signIn,
	})
	if err != nil {
		return nil, fmt.Errorf("a token for %s: %w", p.User, err)
	}
	return json.Marshal(x)
}

// proofOf returns in short what a hub proves itself with now; of others nothing.
func (of *spoken) proofOf(ctx context.Context, p *madang.Principal) (string, error) {
	serial, is := strings.CutPrefix(p.User, "hub:")
	if p.Guard != relay.GuardHub || !is {
		return "", nil
	}
	h, err := of.store.Hub(ctx, p.App, serial)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append(h.Secret[:], h.PublicKey...))
	return hex.EncodeToString(sum[:8]), nil
}

// signIn returns who was given a token of the Ably protocol, if they could be given it now; else nil.
func (of *spoken) signIn(ctx context.Context, app, signIn string) (*madang.Principal, error) {
	parts := strings.SplitN(strings.TrimPrefix(signIn, deviceSignIn), ":", 4)
	if len(parts) != 4 {
		return nil, nil
	}
	proof, until, mark, user := parts[0], parts[1], parts[2], parts[3]
	end, err := strconv.ParseInt(until, 10, 64)
	if err != nil || !of.sealer.sealed(mark, sealedToken, app, proof, until, user) || time.Now().Unix() > end {
		return nil, nil //nolint:nilerr // it is not this server's, or over
	}
	p := relay.Speaker(app, user)
	now, err := of.proofOf(ctx, p)
	if err == nil && now != proof {
		return nil, nil
	}
	if id, is := strings.CutPrefix(user, "token:"); is && err == nil {
		_, _, err = of.relay.Service().ByToken(ctx, app, id)
	}
	if errors.Is(err, device.ErrNotFound) || errors.Is(err, device.ErrUnauthenticated) {
		return nil, nil
	}
	return p, err
}
