package rest

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"madang/device"
	"madang/device/relay"
)

func (a *API) askCode(ctx context.Context, in *OfHub) (*none, error) {
	c := who(ctx)
	return done(a.rules.AskCode(ctx, c.Actor, in.Serial, c.From))
}

// Typed is the body of a request to pair.
type Typed struct {
	_    struct{} `additionalProperties:"true"`
	Code string   `json:"code" minLength:"1" maxLength:"64" doc:"As it was typed: spaces and hyphens do not matter"`
}

type checkCodeIn struct {
	OfHub
	Body Typed
}

// Paired is what comes of the right code.
type Paired struct {
	Token     string        `json:"token" doc:"Good for the hub's devices; see list-tokens for those that there are"`
	ID        string        `json:"id"`
	ExpiresAt time.Time     `json:"expires_at"`
	Hub       relay.HubView `json:"hub"`
}

func (a *API) checkCode(ctx context.Context, in *checkCodeIn) (*reply[Paired], error) {
	c := who(ctx)
	p, err := a.rules.CheckCode(ctx, c.Actor, in.Serial, c.From, in.Body.Code)
	return answer(Paired{p.Token, p.ID, p.ExpiresAt, relay.ViewHub(p.Hub)}, err)
}

// Token is a pairing of somebody with a hub.
type Token struct {
	ID        string    `json:"id"`
	Person    string    `json:"person,omitempty" doc:"Whose it is; absent: nobody in particular, at home"`
	IssuedAt  time.Time `json:"issued_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

// TokenList is a list of pairings.
type TokenList struct {
	Tokens []Token `json:"tokens" nullable:"false"`
}

func (a *API) tokens(ctx context.Context, in *OfHub) (*reply[TokenList], error) {
	all, err := a.rules.Tokens(ctx, who(ctx).Actor, in.Serial)
	list := TokenList{Tokens: []Token{}}
	for _, t := range all {
		list.Tokens = append(list.Tokens, Token{t.ID, t.Person, t.IssuedAt, t.ExpiresAt})
	}
	return answer(list, err)
}

type tokenIn struct {
	OfHub
	Token string `path:"token" maxLength:"64" doc:"Id of the pairing"`
}

func (a *API) endToken(ctx context.Context, in *tokenIn) (*none, error) {
	return done(a.rules.EndToken(ctx, who(ctx).Actor, in.Serial, in.Token))
}

func (a *API) hub(ctx context.Context, in *OfHub) (*reply[relay.HubView], error) {
	h, all, err := a.rules.Devices(ctx, who(ctx).Actor, in.Serial)
	if err != nil {
		return nil, err
	}
	v := relay.ViewHub(h)
	v.Devices = views(all)
	open, err := a.rules.Store.OpenCommands(ctx, h.App, h.Serial)
	for _, c := range open {
		v.Commands = append(v.Commands, relay.ViewCommand(c))
	}
	return answer(v, err)
}

// DeviceList is a list of devices.
type DeviceList struct {
	Devices []relay.DeviceView `json:"devices" nullable:"false"`
}

func (a *API) devices(ctx context.Context, in *OfHub) (*reply[DeviceList], error) {
	_, all, err := a.rules.Devices(ctx, who(ctx).Actor, in.Serial)
	return answer(DeviceList{views(all)}, err)
}

func views(all []device.Device) []relay.DeviceView {
	list := []relay.DeviceView{}
	for _, d := range all {
		list = append(list, relay.ViewDevice(d))
	}
	return list
}

type deviceIn struct {
	OfHub
	Device string `path:"device" maxLength:"64" doc:"Id of the device"`
	Seen   string `header:"If-None-Match" maxLength:"128" doc:"The ETag of what is known: 304 if it is still so"`
}

// tagged is an answer with an ETag.
type tagged struct {
	ETag string `header:"ETag" doc:"The device's rev, in quotes"`
	Body relay.DeviceView
}

func (a *API) device(ctx context.Context, in *deviceIn) (*tagged, error) {
	d, err := a.rules.Device(ctx, who(ctx).Actor, in.Serial, in.Device)
	if err != nil {
		return nil, err
	}
	tag := etag(d.Rev)
	for one := range strings.SplitSeq(in.Seen, ",") {
		if one = strings.TrimPrefix(strings.TrimSpace(one), "W/"); one == tag || one == "*" { // RFC 9110, section 13.1.2
			return nil, huma.ErrorWithHeaders(huma.Status304NotModified(), http.Header{"Etag": {tag}})
		}
	}
	return &tagged{ETag: tag, Body: relay.ViewDevice(d)}, nil
}

func etag(rev int64) string { return `"` + strconv.FormatInt(rev, 10) + `"` }

// revOf reads what If-Match names: one device's rev; 0: any.
func revOf(match string) (int64, error) {
	if match == "" || match == "*" {
		return 0, nil
	}
	text, ok := strings.CutPrefix(match, `"`)
	text, also := strings.CutSuffix(text, `"`)
	rev, err := strconv.ParseInt(text, 10, 64)
	if !ok || !also || err != nil || rev < 1 {
		return 0, fmt.Errorf("If-Match is %.40q, not one ETag of a device: %w", match, device.ErrInvalid)
	}
	return rev, nil
}
