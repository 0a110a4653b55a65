package mutable

import (
	"context"
	"fmt"
	"slices"

	"madang"
	"madang/dialect/ably/capability"
	"madang/dialect/ably/edits"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
	"madang/dialect/ably/token"
)

// Rights are the operations of which each allows to change or annotate some messages.
const Rights = capability.MessageUpdateOwn | capability.MessageUpdateAny | capability.MessageDeleteOwn | capability.MessageDeleteAny |
	capability.AnnotationPublish

// By says who asks for something.
type By struct {
	Details   *token.Details
	Principal *madang.Principal // the details as policies know them
	Conn      madang.ConnID     // empty: no connection
	Skip      madang.ConnID     // does not hear of it
	ID        string            // of the entry
}

// welcome asks the hub's policies whether somebody may change or annotate anything in a channel, which may have rules of its
// own besides the capability.
func (c *Channels) welcome(ctx context.Context, ch madang.Channel, by By) error {
	_, err := c.hub.Authorize(ctx, madang.AccessRequest{Action: madang.ActChange, Principal: by.Principal, Conn: by.Conn, Channel: ch})
	return err
}

// Change updates, deletes or appends to a message, as a client asks for it with the message's serial, an action and the
// fields that change. It returns the serial of the new version. Errors are for the client, those aside that are the
// server's fault.
func (c *Channels) Change(ctx context.Context, ch madang.Channel, m *protocol.Message, by By) (version string, err error) {
	if err := c.Check(ch); err != nil {
		return "", err
	}
	if err := c.free(ctx, ch); err != nil {
		return "", err
	}
	own, anyone, err := rights(m.Action)
	if err != nil {
		return "", err
	}
	have := by.Details.Capability.Ops(ch.Name)
	if have&(own|anyone) == 0 {
		return "", forbidden(anyone)
	}
	if err := c.welcome(ctx, ch, by); err != nil {
		return "", err
	}
	x := change{asked: m}
	if x.client, err = x.check(by, c.o.MaxMessage); err != nil {
		return "", err
	}
	unlock, err := c.lock(ctx, ch)
	if err != nil {
		return "", err
	}
	defer unlock()
	was, err := c.Message(ctx, ch, m.Serial)
	if err != nil {
		return "", err
	}
	if have&anyone == 0 && (x.client == "" || was.Owner() != x.client) {
		return "", forbidden(anyone)
	}
	out, err := x.entry(was, c.renews(ctx, ch, was.Base()), c.o.MaxMessage)
	if err != nil {
		return "", err
	}
	out.ID, out.Channel, out.Sender, out.Skip = by.ID, ch, madang.Sender{Conn: by.Conn, User: x.client}, by.Skip
	if m.Action == protocol.MessageDelete {
		at, err := c.hub.PublishAs(ctx, madang.AsideEvent, out)
		return shape.MessageSerial(at), err
	}
	at, err := c.hub.Publish(ctx, out)
	if err != nil {
		return "", err
	}
	return shape.MessageSerial(at[0]), nil
}

// free refuses channels whose messages are kept elsewhere.
func (c *Channels) free(ctx context.Context, ch madang.Channel) error {
	if c.o.Kept == nil {
		return nil
	}
	kept, err := c.o.Kept(ctx, ch)
	if kept && err == nil {
		err = shape.Info(shape.CodeMutable, "The messages of this channel are kept elsewhere, as those of a chat room are, and can be changed only there.")
	}
	return err
}

// rights returns the operations that allow an action on one's own messages, and on everybody's.
func rights(action int) (own, anyone capability.Ops, err error) {
	switch action {
	case protocol.MessageUpdate, protocol.MessageAppend:
		return capability.MessageUpdateOwn, capability.MessageUpdateAny, nil
	case protocol.MessageDelete:
		return capability.MessageDeleteOwn, capability.MessageDeleteAny, nil
	}
	return 0, 0, shape.Info(shape.CodeBadRequest, "This is no action that a client can take on a message.")
}

func forbidden(needs capability.Ops) error {
	return shape.Info(shape.CodeDenied, fmt.Sprintf("The capability does not have %s here, and the message is not the client's own, or it may not do this to its own either.", needs.Names()[0]))
}

// renews reports whether the entry from which on a message is known is so old that the next one has to stand for itself, so
// that the message is kept as long as it is worked on: it has seen a quarter of what is kept.
func (c *Channels) renews(ctx context.Context, ch madang.Channel, base *madang.Message) bool {
	keep := c.o.Retain(ch)
	if keep.Age > 0 && c.hub.Now().Sub(base.Time) > keep.Age/4 {
		return true
	}
	page, err := c.hub.History(ctx, ch, madang.HistoryQuery{Limit: 1, Reverse: true})
	return err != nil || page.Top.Offset-base.Pos.Offset > uint64(keep.Count/4)
}

// A change is one that a client asks for.
type change struct {
	asked  *protocol.Message
	client string // who asks; empty: nobody in particular
}

// check looks at what needs no message, and returns who asks.
func (x *change) check(by By, limit int) (client string, err error) {
	m := x.asked
	v := m.Version
	if v == nil {
		v = &protocol.Version{}
	}
	switch {
	case len(m.Extras) > 0 && m.Extras[0] != '{':
		return "", shape.Info(shape.CodeBadRequest, "The extras of the message are no object.")
	case len(v.Metadata) > 0 && v.Metadata[0] != '{':
		return "", shape.Info(shape.CodeBadRequest, "The metadata of the operation are no object.")
	case shape.Ephemeral(m.Extras):
		return "", shape.Info(shape.CodeBadRequest, "A message that is kept cannot become ephemeral.")
	case m.Size()+len(v.Description)+len(v.Metadata) > limit:
		return "", tooLong(limit)
	}
	return by.Details.As(v.ClientID)
}

func tooLong(limit int) error {
	return shape.Info(shape.CodeTooLong, fmt.Sprintf("The message is larger than %d bytes.", limit))
}

// entry returns the entry for the log, without what is the publisher's. whole says that an append has to stand for itself.
func (x *change) entry(was *edits.Message, whole bool, limit int) (*madang.Message, error) {
	m := x.asked
	now := was.Latest()
	given := shape.Fields(0)
	out := &madang.Message{Name: now.Name, Data: now.Data, Type: now.Type, Encoding: now.Encoding, Attachments: now.Attachments}
	extras := shape.Extras{Extras: shape.ReadExtras(now.Extras).Extras}
	if m.Name != "" {
		given, out.Name = given|shape.NameField, m.Name
	}
	if len(m.Extras) > 0 {
		given, extras.Extras = given|shape.ExtrasField, m.Extras
	}
	edit := was.First()
	edit.Action = m.Action
	if m.Data.Kind != protocol.None {
		given |= shape.DataField
		out.Data, out.Type = shape.ToCore(m.Data)
		out.Encoding, out.Attachments = m.Encoding, nil
	}
	if m.Action == protocol.MessageAppend {
		if given&shape.DataField == 0 {
			edit.Action = protocol.MessageUpdate // there is nothing to append
		} else if err := x.append(out, &edit, now, whole); err != nil {
			return nil, err
		}
		if len(now.Data)+len(m.Data.Bytes) > limit {
			return nil, tooLong(limit)
		}
	}
	if v := m.Version; v != nil {
		edit.Description, edit.Metadata = v.Description, v.Metadata
	}
	edit.Given = given
	extras.Edit = &edit
	out.Extras = extras.Raw()
	return out, nil
}

// append makes an entry append its data to those that the message has now.
func (x *change) append(out *madang.Message, edit *shape.Edit, now *madang.Message, whole bool) error {
	if out.Type == madang.JSON || len(now.Data) > 0 && (now.Type != out.Type || now.Encoding != out.Encoding) {
		return shape.Info(shape.CodeBadData, "Only text can be appended to text, and bytes to bytes, both with the same encoding.")
	}
	if whole {
		edit.Whole, edit.From = true, len(now.Data)
		out.Data = append(slices.Clip(now.Data), out.Data...)
	}
	return nil
}
