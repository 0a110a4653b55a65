package mutable

import (
	"context"
	"errors"

	"madang"
	"madang/dialect/ably/edits"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
)

// summarize has it told what the annotations of a message come to. While somebody sees to that for the channel already, many
// annotations of one message make one summary.
func (c *Channels) summarize(ch madang.Channel, serial string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if all, ok := c.due[ch]; ok {
		all[serial] = true
		return
	}
	c.due[ch] = map[string]bool{serial: true}
	go c.work(ch)
}

// work tells what is due in a channel, until nothing is.
func (c *Channels) work(ch madang.Channel) {
	for {
		serial, ok := c.next(ch)
		if !ok {
			return
		}
		err := c.tell(context.Background(), ch, serial)
		if err != nil && !errors.Is(err, madang.ErrClosed) {
			c.log.Error("what the annotations of a message come to could not be told", "channel", ch.String(), "serial", serial, "error", err)
		}
	}
}

// next takes one of the messages that are due; false if there is none, and nobody sees to the channel any more.
func (c *Channels) next(ch madang.Channel) (serial string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for serial := range c.due[ch] {
		delete(c.due[ch], serial)
		return serial, true
	}
	delete(c.due, ch)
	return "", false
}

// tell publishes what the annotations of a message come to. Another node may do the same at the same time, of more or fewer
// annotations, and it is the last word that counts: whoever has published a summary looks whether an annotation has come
// that is not in it, and then publishes another. So the last summary has all annotations before it.
func (c *Channels) tell(ctx context.Context, ch madang.Channel, serial string) error {
	m, err := c.Message(ctx, ch, serial)
	for err == nil {
		told := m.Annotated()
		if _, err = c.hub.PublishAs(ctx, madang.AsideEvent, c.summary(ch, m)); err != nil {
			return err
		}
		if m, err = c.Message(ctx, ch, serial); err == nil && m.Annotated() == told {
			return nil
		}
	}
	if shape.InfoOf(err).Code == shape.CodeNotFound { // it is no longer kept
		return nil
	}
	return err
}

// summary returns the message that tells what the annotations of another come to.
func (c *Channels) summary(ch madang.Channel, m *edits.Message) *madang.Message {
	x := shape.Extras{Edit: &shape.Edit{Action: protocol.MessageSummary, Serial: m.Serial()}, Summary: m.Summary(c.o.MaxMessage)}
	return &madang.Message{Channel: ch, Extras: x.Raw(), Transient: true}
}

// Missed returns what tells a client what the annotations of messages come to of which it has missed some: of those that
// some entries of the log annotate.
func (c *Channels) Missed(ctx context.Context, ch madang.Channel, events []*madang.Event) (all []*madang.Message) {
	missed := map[string]bool{} // by serial
	for _, e := range events {
		if e.Kind != madang.NoteEvent {
			continue
		}
		if note := shape.ReadExtras(e.Message.Extras).Note; note != nil {
			missed[note.Serial] = true
		}
	}
	if len(missed) == 0 {
		return nil
	}
	kept, _, err := c.Messages(ctx, ch) // all at once: each for itself would read the log anew
	if err != nil {
		c.log.Warn("what annotations come to could not be told to a client that missed some", "channel", ch.String(), "error", err)
	}
	for _, m := range kept { // of others nobody can be told more than the annotations themselves
		if !missed[m.Serial()] || m.Summary(0) == nil {
			continue
		}
		out := c.summary(ch, m)
		out.Time = c.hub.Now()
		all = append(all, out)
	}
	return all
}
