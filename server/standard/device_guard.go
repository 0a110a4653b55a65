package standard

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"

	"madang"
	"madang/account/token"
	"madang/device"
	"madang/device/relay"
	"madang/server"
)

// homeGuard is the guard of everybody who comes for devices: hubs, displays, who shows a pairing's token, and people.
const homeGuard = "home"

// A deviceGuard is opened before the hub, and knows who comes once the devices are open.
type deviceGuard struct {
	config *Device
	people atomic.Pointer[madang.Hub] // asked about everybody else
	relay  atomic.Pointer[deviceGuards]
}

// deviceGuards are those of the relay.
type deviceGuards struct{ hub, token madang.Guard }

// openDeviceGuard opens it, if devices are wanted.
func openDeviceGuard(_ context.Context, _ *server.Site, c Device) (*deviceGuard, error) {
	if !c.Enabled {
		return nil, server.ErrOff
	}
	return &deviceGuard{config: &c}, nil
}

// Guards returns the guard by its name.
func (g *deviceGuard) Guards() map[string]madang.Guard {
	return map[string]madang.Guard{homeGuard: madang.GuardFunc(g.who)}
}

// errNotYet says that the server is still being put together.
var errNotYet = errors.New("devices are not open yet")

// who says who somebody is, by what they show: the secret or the key of a hub, the token of a pairing, where a box's display
// connects from; else they are a person, or nobody.
func (g *deviceGuard) who(ctx context.Context, c madang.Credentials) (*madang.Principal, error) {
	of, people := g.relay.Load(), g.people.Load()
	if of == nil || people == nil {
		return nil, errNotYet
	}
	display := c.Query != nil && truth(c.Query("display"))
	shown := token.Find(c)
	if display {
		if p := isDisplay(g.config, c, shown); p != nil {
			return p, nil
		}
	}
	var p *madang.Principal
	var err error
	kind := kindOf(shown)
	switch {
	case kind == ofHub:
		p, err = of.hub.Authenticate(ctx, withToken(c, shown))
	case kind == ofPairing && !display:
		p, err = of.token.Authenticate(ctx, withToken(c, shown))
	case display && shown == "":
		return nil, token.Refuse(token.CodeMissing, token.Negotiate(c.Locale, token.Korean), errors.New("a display must show what it is the display of"))
	case display:
		err = fmt.Errorf("what a display shows is no hub's: %w", madang.ErrUnauthenticated)
	default:
		c.Guard = apiGuardName
		return people.Authenticate(ctx, c)
	}
	if err != nil && !errors.Is(err, madang.ErrUnauthenticated) {
		return nil, err
	}
	if err != nil {
		return nil, token.Refuse(token.CodeInvalid, token.Negotiate(c.Locale, token.Korean), err)
	}
	if display {
		p = relay.DisplayPrincipal(p.App, strings.TrimPrefix(p.User, "hub:"))
	}
	return p, nil
}

// apiGuardName is the guard of people.
const apiGuardName = "api"

// isDisplay returns the display of the box that this server runs in, if somebody is that; nil otherwise. Where a connection comes
// from counts only for who shows nothing, or has nothing to show, and only for the box's own pages.
func isDisplay(config *Device, c madang.Credentials, shown string) *madang.Principal {
	from := netip.Addr{}
	if shown == "" && c.Header != nil && direct(c.Header) && config.Home.Own(c.Header) {
		from = address(c.Remote)
	}
	return config.Home.Display(c.App, from, shown, string(config.DisplayToken))
}

// direct reports whether a request says nothing of a proxy. Whoever comes through one proves by no address that they are in the
// house: what a proxy says of it may be missing, not to be read, or be the client's own words that it has passed on.
func direct(header func(key string) string) bool {
	return !slices.ContainsFunc([]string{
		"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "X-Client-Ip", "True-Client-Ip", "Cf-Connecting-Ip",
	}, func(key string) bool { return header(key) != "" })
}

// address reads where somebody connects from; the zero value: that is not known.
func address(remote string) netip.Addr {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap()
}

func withToken(c madang.Credentials, shown string) madang.Credentials {
	c.Token = shown
	return c
}

// truth reports whether a parameter says yes.
func truth(s string) bool { return s == "1" || s == "true" }

// A kind is what somebody seems to show, before anything of it has been proved.
type kind int

const (
	ofPerson kind = iota
	ofHub
	ofPairing
)

// kindOf looks at what is shown, to find out which guard is to judge it: each proves it, or lets nobody in. The JWT of a hub names
// its key by its serial, and so does its issuer: see package proof.
func kindOf(shown string) kind {
	var header struct {
		Key string `json:"kid"`
	}
	var claims struct {
		Use    string `json:"use"`
		Issuer string `json:"iss"`
	}
	parts := strings.Split(shown, ".")
	if len(parts) != 3 || !readPart(parts[0], &header) || !readPart(parts[1], &claims) { // no JWT; serials may have dots
		if strings.Contains(shown, ":") && !strings.Contains(shown, "|") {
			return ofHub
		}
		return ofPerson
	}
	switch {
	case claims.Use == device.UsePairing:
		return ofPairing
	case claims.Use == "" && header.Key == claims.Issuer && device.CheckSerial(claims.Issuer) == nil:
		return ofHub
	}
	return ofPerson
}

// readPart reads a part of a JWT.
func readPart(part string, into any) bool {
	b, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(b, into) == nil
}

// Authorize implements madang.Policy. It is asked before all others: what is no person gets what the relay lets it have, and
// nothing of any other feature. About people it has no opinion: roles and the abilities of their tokens come first.
func (g *deviceGuard) Authorize(ctx context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	if !isThing(r.Principal) {
		return nil, nil
	}
	if grant, err := relay.Policy().Authorize(ctx, r); grant != nil || err != nil {
		return grant, err
	}
	return nil, fmt.Errorf("%s is for people: %w", r.Channel.Name, madang.ErrForbidden)
}

// isThing reports whether a principal is a hub, a display or a token.
func isThing(p *madang.Principal) bool {
	if p == nil {
		return false
	}
	switch p.Guard {
	case relay.GuardHub, relay.GuardDisplay, relay.GuardToken:
		return true
	}
	return false
}
