package standard

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"madang"
	"madang/device/link"
	"madang/dialect/socketio/client"
)

// startLink links the box in which this server runs to the server that it is a hub of, if there is one.
func (d *devices) startLink(ctx context.Context) (err error) {
	c := d.config.Link
	if !d.config.atHome() || !c.On() {
		return nil
	}
	c.Serial = cmp.Or(c.Serial, d.config.Home.Serial)
	d.link, err = link.New(c, link.Deps{
		Home: link.Relay(d.relay.Local(d.config.app, d.config.Home.Serial)), Dial: dialHub(c.URL, http.DefaultClient), Log: d.site.Log,
	})
	if err != nil {
		return err
	}
	return d.link.Start(ctx)
}

func (d *devices) closeLink() error {
	if d.link == nil {
		return nil
	}
	return d.link.Close()
}

// dialHub returns how a hub comes to a server at an address: as any box, by Socket.IO at /home.
func dialHub(address string, c *http.Client) link.Dial {
	return func(ctx context.Context, serial, secret string, hear func(string, json.RawMessage)) (link.Line, error) {
		events := map[string]func(*client.Event){}
		for _, name := range link.Events() {
			events[name] = func(e *client.Event) { hear(name, e.Raw(0)) }
		}
		conn, err := client.Dial(ctx, client.Config{
			URL: strings.TrimSuffix(address, "/") + homeNamespace, Auth: map[string]string{"token": serial + ":" + secret}, HTTP: c, Events: events,
		})
		if err != nil {
			return nil, keptOut(err)
		}
		return hubLine{conn}, nil
	}
}

// keptOut tells a server that does not let a hub in from one that cannot, or not now.
func keptOut(err error) error {
	refused, ok := errors.AsType[*client.RefusedError](err)
	if !ok {
		return err
	}
	if refused.Data == nil { // no guard's refusal: the namespace is not there
		return fmt.Errorf("there are no devices at this server: %w: %w", madang.ErrNotFound, err)
	}
	var said struct{ Code, Reason string }
	if json.Unmarshal(refused.Data, &said) != nil {
		return err
	}
	why := refusal(said.Code, said.Reason)
	if errors.Is(why, madang.ErrUnauthenticated) || errors.Is(why, madang.ErrForbidden) {
		return why
	}
	return err
}

// refusal is what a server has refused, as the error that it was there. What is the server's own trouble is none.
func refusal(code, text string) error {
	r := &madang.Refusal{Code: code, Text: text, Err: madang.ErrInvalid}
	switch code {
	case "internal", "closed", "lost":
		return fmt.Errorf("the server is in trouble (%s)", code)
	case "unauthenticated", "token_missing", "token_invalid", "token_expired":
		r.Err = madang.ErrUnauthenticated
	case "forbidden":
		r.Err = madang.ErrForbidden
	case "not_found", "hub_away":
		r.Err = madang.ErrNotFound
	case "too_many":
		r.Err = madang.ErrTooMany
	}
	return r
}

// A hubLine is a link.Line by Socket.IO.
type hubLine struct{ *client.Conn }

// Call implements link.Line.
func (l hubLine) Call(ctx context.Context, procedure string, argument any) (json.RawMessage, error) {
	reply, err := l.Conn.Call(ctx, procedure, argument)
	if err != nil {
		return nil, err
	}
	raw := reply.Raw(0)
	var failed struct {
		Error *struct{ Code, Message string } `json:"error"`
	}
	if json.Unmarshal(raw, &failed) == nil && failed.Error != nil {
		return nil, fmt.Errorf("%s: %w", procedure, refusal(failed.Error.Code, failed.Error.Message))
	}
	return raw, nil
}
