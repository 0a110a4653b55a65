package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"madang"
	"madang/dialect/ably"
	"madang/dialect/ably/capability"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/repeats"
	"madang/dialect/ably/shape"
)

// A published says what became of a publish to one channel.
type published struct {
	Channel   string              `json:"channel"`
	MessageID string              `json:"messageId,omitempty"`
	Serials   []string            `json:"serials,omitempty"`
	Error     *protocol.ErrorInfo `json:"error,omitempty"`
}

// publish publishes messages to one channel, all or none.
func (a *API) publish(c *call) (*answer, error) {
	if err := c.authenticate(); err != nil {
		return nil, err
	}
	messages, err := c.messages()
	if err != nil {
		return nil, err
	}
	out, err := c.publishTo(c.r.PathValue("channel"), messages)
	if err != nil {
		return nil, err
	}
	return &answer{status: http.StatusCreated, value: out}, nil
}

// messages reads what is to be published: messages or, with enveloped=false, the data of one.
func (c *call) messages() ([]protocol.Message, error) {
	b, binary, err := c.body()
	if err != nil {
		return nil, err
	}
	if c.query.Get("enveloped") == "false" {
		return c.bare(b)
	}
	all, err := protocol.DecodeMessages(b, binary)
	if err != nil {
		return nil, malformed(err)
	}
	return all, nil
}

// bare returns a message whose data is the whole body, of the kind that its content type says.
func (c *call) bare(b []byte) ([]protocol.Message, error) {
	m := protocol.Message{Name: c.query.Get("name"), Data: protocol.Data{Kind: protocol.Binary, Bytes: b}}
	kind, _, _ := strings.Cut(strings.ToLower(c.r.Header.Get("Content-Type")), ";")
	switch {
	case kind == typeJSON && json.Valid(b):
		m.Data.Kind = protocol.Value
	case kind == typeJSON:
		return nil, shape.Info(shape.CodeBadBody, "The body of the request is not JSON.")
	case strings.HasPrefix(kind, "text/"):
		m.Data.Kind = protocol.Text
	}
	return []protocol.Message{m}, nil
}

// publishTo publishes messages to a channel as the client names it.
func (c *call) publishTo(name string, messages []protocol.Message) (*published, error) {
	ch, err := c.named(name, capability.Publish)
	if err != nil {
		return nil, err
	}
	x := batch{call: c, channel: ch}
	if err := x.fill(messages); err != nil {
		return nil, err
	}
	// A request that was given up while it was published is repeated with the same ids: it is carried out to its end.
	serials, err := c.api.o.Repeats.Once(x.key(), c.api.hub.Now, func() ([]string, error) { return x.publish(context.WithoutCancel(c.r.Context())) })
	if err != nil {
		return nil, err
	}
	if slices.Contains(serials, "") { // not all are known
		serials = nil
	}
	return &published{Channel: name, MessageID: x.id, Serials: serials}, nil
}

// A batch is what one request publishes in one channel.
type batch struct {
	call    *call
	channel madang.Channel
	out     []*madang.Message
	id      string // the common part of the messages' ids, or the id of the only one
	chosen  bool   // the client has chosen the ids
	size    int
}

// fill takes in messages as the core has them.
func (x *batch) fill(all []protocol.Message) error {
	if len(all) == 0 || len(all) > shape.MaxMessages {
		return shape.Info(shape.CodeBadRequest, fmt.Sprintf("There must be from 1 to %d messages.", shape.MaxMessages))
	}
	if err := x.identify(all); err != nil {
		return err
	}
	for i := range all {
		m, err := x.message(&all[i])
		if err != nil {
			return err
		}
		x.out = append(x.out, m)
	}
	return nil
}

// identify sees to the ids. Those of several messages, by which they are told from a repeated request, have a common base
// and count from 0.
func (x *batch) identify(all []protocol.Message) error {
	for i := range all {
		x.chosen = x.chosen || all[i].ID != ""
	}
	if !x.chosen {
		x.id = shape.NewID()
		for i := range all {
			all[i].ID = x.id + ":" + strconv.Itoa(i)
		}
		return nil
	}
	base, ok := strings.CutSuffix(all[0].ID, ":0")
	x.id = base
	for i := range all {
		id := all[i].ID
		switch {
		case len(id) > shape.MaxID:
			return shape.Info(shape.CodeBadID, "The id of a message is too long.")
		case len(all) > 1 && (!ok || base == "" || id != base+":"+strconv.Itoa(i)):
			return shape.Info(shape.CodeBadID, "The ids of messages that are published together must have a common base and count from 0: base:0, base:1.")
		}
	}
	return nil
}

// key is what a repeated request has in common with the first; empty: it cannot be known.
func (x *batch) key() string {
	if !x.chosen {
		return ""
	}
	return repeats.Key(x.out[0])
}

// message returns a message as the core has it.
func (x *batch) message(m *protocol.Message) (*madang.Message, error) {
	switch {
	case m.Action != protocol.MessageCreate:
		return nil, shape.Info(shape.CodeBadRequest, "What is published is new; a message is changed with PATCH at its own path, /channels/{channel}/messages/{serial}.")
	case len(m.Extras) > 0 && m.Extras[0] != '{':
		return nil, shape.Info(shape.CodeBadRequest, "The extras of a message are no object.")
	}
	x.size += m.Size()
	if most := x.call.api.cfg.MaxMessage; x.size > most {
		return nil, shape.Info(shape.CodeTooLong, fmt.Sprintf("The messages are larger than %d bytes.", most))
	}
	sender, skip, err := x.sender(m)
	if err != nil {
		return nil, err
	}
	out := &madang.Message{
		ID: m.ID, Name: m.Name, Channel: x.channel, Encoding: m.Encoding, Extras: shape.Extras{Extras: m.Extras}.Raw(),
		Sender: sender, Skip: skip, Transient: shape.Ephemeral(m.Extras),
	}
	out.Data, out.Type = shape.ToCore(m.Data)
	return out, nil
}

// sender returns as whom a message is published: the client, or the connection whose key it names.
func (x *batch) sender(m *protocol.Message) (s madang.Sender, skip madang.ConnID, err error) {
	c := x.call
	if m.ConnectionKey == "" {
		s.User, err = c.details.As(m.ClientID)
		return s, "", err
	}
	var on ably.Connection
	ok := false
	if c.api.o.Connection != nil {
		on, ok = c.api.o.Connection(m.ConnectionKey)
	}
	if !ok || on.Details.App != c.details.App {
		return s, "", shape.Info(shape.CodeConnection, "There is no connection with this connectionKey.")
	}
	claimed, err := on.Details.As(m.ClientID)
	if err == nil && claimed != "" {
		_, err = c.details.As(claimed) // who publishes for somebody may be nobody else either
	}
	if err != nil {
		return s, "", err
	}
	if !on.Echo {
		skip = on.ID
	}
	return madang.Sender{Conn: on.ID, User: claimed}, skip, nil
}

// publish publishes the batch and returns the serials of its messages.
func (x *batch) publish(ctx context.Context) (serials []string, err error) {
	return x.call.api.o.Publish.Publish(ctx, x.call.api.hub, x.call.principal, x.out)
}
