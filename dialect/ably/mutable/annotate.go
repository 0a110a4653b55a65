package mutable

import (
	"context"
	"fmt"

	"madang"
	"madang/dialect/ably/capability"
	"madang/dialect/ably/edits"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
)

// Limits of an annotation.
const (
	maxType  = 256     // bytes
	maxName  = 256     // bytes
	maxCount = 1 << 31 // of one annotation
)

// MaxAnnotations is how many annotations one frame or request may hold.
const MaxAnnotations = 100

// Annotate publishes an annotation, or one that takes another back, as a client asks for it with the message's serial. It
// returns the annotation's serial. What the annotations come to is told afterwards.
func (c *Channels) Annotate(ctx context.Context, ch madang.Channel, m *protocol.Message, by By) (serial string, err error) {
	if err := c.Check(ch); err != nil {
		return "", err
	}
	if !by.Details.Capability.Allows(capability.AnnotationPublish, ch.Name) {
		return "", shape.Info(shape.CodeDenied, "The capability does not have annotation-publish here.")
	}
	if err := c.welcome(ctx, ch, by); err != nil {
		return "", err
	}
	if err := checkNote(m, c.o.MaxMessage); err != nil {
		return "", err
	}
	client, err := by.Details.As(m.ClientID)
	if err != nil {
		return "", err
	}
	back := m.Action == protocol.AnnotationDelete
	if client == "" && edits.MethodOf(m.Type).Identified(back) {
		return "", shape.Info(shape.CodeUnidentified, "Annotations of this type count by client: it takes a clientId.")
	}
	if _, err := c.Message(ctx, ch, m.MessageSerial); err != nil {
		return "", err
	}
	note := &shape.Note{Action: m.Action, Serial: m.MessageSerial, Type: m.Type, Count: m.Count}
	out := &madang.Message{
		ID: by.ID, Name: m.Name, Channel: ch, Encoding: m.Encoding, Sender: madang.Sender{Conn: by.Conn, User: client}, Skip: by.Skip,
		Extras: shape.Extras{Extras: m.Extras, Note: note}.Raw(),
	}
	out.Data, out.Type = shape.ToCore(m.Data)
	at, err := c.hub.PublishAs(ctx, madang.NoteEvent, out)
	if err != nil {
		return "", err
	}
	if edits.MethodOf(m.Type) != edits.None {
		c.summarize(ch, m.MessageSerial)
	}
	return shape.MessageSerial(at), nil
}

// checkNote looks at what needs no message.
func checkNote(m *protocol.Message, limit int) error {
	method := edits.MethodOf(m.Type)
	wrong := func(text string) error { return shape.Info(shape.CodeBadRequest, text) }
	switch {
	case m.Action != protocol.AnnotationCreate && m.Action != protocol.AnnotationDelete:
		return wrong("This is no action of annotations.")
	case len(m.Type) > maxType || !edits.ValidType(m.Type):
		return wrong(fmt.Sprintf("The type of the annotation must have the form namespace:summarization.version, with at most %d bytes.", maxType))
	case len(m.Name) > maxName:
		return wrong(fmt.Sprintf("The name of the annotation is longer than %d bytes.", maxName))
	case m.Name == "" && method.Named() && (method != edits.Unique || m.Action != protocol.AnnotationDelete):
		return wrong("Annotations of this type count by name: it takes one.")
	case m.Count < 0 || m.Count > maxCount:
		return wrong("The count of the annotation is out of range.")
	case len(m.Extras) > 0 && m.Extras[0] != '{':
		return wrong("The extras of the annotation are no object.")
	case len(m.Type)+m.Size() > limit:
		return tooLong(limit)
	}
	return nil
}
