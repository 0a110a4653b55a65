package relay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"madang"
	"madang/device"
)

// clientPrefix begins the names of events that clients of Pusher's protocol, and of Laravel Echo, publish.
const clientPrefix = "client-"

// ReplyEvent is the name of the event by which a client of another protocol hears what has come of what it has published: see
// Reply. Nobody else hears it.
const ReplyEvent = "device.reply"

// A Reply says what has come of what a client has published. Hubs hear of what went wrong alone.
type Reply struct {
	Event   string       `json:"event"`         // that it has published, without "client-"
	Key     string       `json:"key,omitempty"` // of the command
	Command *CommandView `json:"command,omitempty"`
	Error   *Problem     `json:"error,omitempty"`
}

// A Problem is what a client is told that went wrong.
type Problem struct {
	Code string `json:"code"`
	Text string `json:"message"`
}

// Take carries out what somebody has published in a channel of another protocol: device.command in that of what happens at a hub,
// device.hello, device.report, device.answer, device.press and device.withdraw in the hub's own; the data is the argument of the
// procedure of that name. Taken is false if the channel is none of those; otherwise nothing is to be published, whatever the
// error says. A command is answered before the hub has.
//
// The connection, if there is one on this node, hears the Reply.
func (f *Feature) Take(ctx context.Context, p *madang.Principal, m *madang.Message) (taken bool, err error) {
	t, name, ok := tongueOf(m.Channel)
	if !ok {
		return false, nil
	}
	r := Reply{Event: strings.TrimPrefix(m.Name, clientPrefix)}
	err = f.carryOut(ctx, p, t, name, m, &r)
	if err != nil {
		r.Error = problemOf(err)
	}
	if c := f.hub.Conn(m.Sender.Conn); c != nil && (err != nil || r.Command != nil) {
		e := event(m.Channel, ReplyEvent, r)
		if err := f.hub.Emit(ctx, madang.Audience{Conns: []madang.ConnID{c.ID()}}, e); err != nil {
			f.log.DebugContext(ctx, "relay: who has published something could not be answered", "channel", m.Channel.String(), "error", err)
		}
	}
	if err != nil {
		return true, fmt.Errorf("relay: %.64s in %s: %w", r.Event, m.Channel, err)
	}
	return true, nil
}

// Hear is Take for a connection that publishes in a channel to which it subscribes: it speaks for whom it has been let in.
func (f *Feature) Hear(ctx context.Context, c *madang.Conn, m *madang.Message) (taken bool, err error) {
	if !IsTongue(m.Channel) {
		return false, nil
	}
	m.Sender.Conn = c.ID()
	s := in(c, m.Channel)
	if s == nil {
		return true, fmt.Errorf("relay: publish %s: whoever publishes there subscribes to it: %w", m.Channel, device.ErrForbidden)
	}
	return f.Take(ctx, speaks(s), m)
}

func (f *Feature) carryOut(ctx context.Context, p *madang.Principal, t tongue, name string, m *madang.Message, r *Reply) error {
	if _, err := f.Admit(ctx, p, madang.ActPublish, m.Channel); err != nil {
		return err
	}
	arg, err := argument(m)
	if err != nil {
		return err
	}
	if t == homeTongue && r.Event == callCommand {
		return f.order(ctx, p, name, arg, r)
	}
	if say := f.sayings()[r.Event]; t == hubTongue && say != nil {
		return say(ctx, p, arg)
	}
	return fmt.Errorf("there is no event %.64q here: %w", r.Event, device.ErrInvalid)
}

// order carries out device.command.
func (f *Feature) order(ctx context.Context, p *madang.Principal, serial string, arg []byte, r *Reply) error {
	in, err := decode[commandArg](arg)
	if err != nil {
		return err
	}
	if len(in.Key) <= device.MaxKey {
		r.Key = in.Key
	}
	if in.Hub != "" && in.Hub != serial {
		return fmt.Errorf("the channel is that of hub %s: %w", serial, device.ErrInvalid)
	}
	in.Hub, in.NoWait = serial, true
	a, err := f.actor(ctx, p)
	if err != nil {
		return err
	}
	c, err := f.callCommand(ctx, a, in)
	if err == nil {
		r.Command = &c
	}
	return err
}

// sayings are what a hub says, by the names of events.
func (f *Feature) sayings() map[string]func(context.Context, *madang.Principal, []byte) error {
	return map[string]func(context.Context, *madang.Principal, []byte) error{
		callHello: saying(f.callHello), callReport: saying(f.callReport), callAnswer: saying(f.callAnswer),
		callPress: saying(f.callPress), callWithdraw: saying(f.callWithdraw),
	}
}

func saying[In, Out any](do func(context.Context, *madang.Principal, In) (Out, error)) func(context.Context, *madang.Principal, []byte) error {
	return func(ctx context.Context, p *madang.Principal, arg []byte) error {
		in, err := decode[In](arg)
		if err == nil {
			_, err = do(ctx, p, in)
		}
		return err
	}
}

// argument returns the JSON object that a message has as its data: itself, or written as a text, as some clients do.
func argument(m *madang.Message) ([]byte, error) {
	data := bytes.TrimSpace(m.Data)
	if m.Encoding != "" && m.Encoding != "json" || len(m.Attachments) > 0 || m.Type != madang.JSON && m.Type != madang.Text {
		return nil, fmt.Errorf("the data is a JSON object, not encoded in any way: %w", device.ErrInvalid)
	}
	if len(data) > 0 && data[0] == '"' {
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return nil, fmt.Errorf("the data: %w: %w", device.ErrInvalid, err)
		}
		data = []byte(text)
	}
	if string(data) == "null" {
		return nil, nil
	}
	return data, nil
}

// problemOf returns what a client is told of an error.
func problemOf(err error) *Problem {
	if r, ok := errors.AsType[*madang.Refusal](err); ok {
		return &Problem{r.Code, r.Text}
	}
	for _, x := range []struct {
		err  error
		code string
		text string
	}{
		{madang.ErrForbidden, "forbidden", "You may not do this."}, {madang.ErrUnauthenticated, "unauthenticated", "Your right has ended."},
		{madang.ErrNotFound, "not_found", "There is no such device or command here."}, {madang.ErrTooMany, "too_many", "There are too many."},
		{madang.ErrInvalid, "invalid", "This cannot be done as it was asked."},
	} {
		if errors.Is(err, x.err) {
			return &Problem{x.code, x.text}
		}
	}
	return &Problem{"failed", "The server failed."}
}
