package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"madang"
)

// Why a message that a client publishes in a room's channel is refused. They are for clients to read.
func errNobody() error {
	return refusal("nobody", "Who sends a chat message must say who they are.", ErrForbidden)
}

func errNoMember() error {
	return refusal("no_member", "Only members of the room send messages to it.", ErrForbidden)
}

func errNotText() error {
	return refusal("not_text", "A chat message is plain text: no object, no bytes, nothing encrypted.", ErrInvalid)
}

func errNamed() error {
	return refusal("named", "A chat message is named after its sender. Leave the name out, or give your own id.", ErrInvalid)
}

func errMore() error {
	return refusal("not_plain", "A chat message has nothing but its text: no extras, and it is always kept.", ErrInvalid)
}

func errOthersWords() error {
	return refusal("reserved", "In this channel of a chat room clients publish only events whose names begin with client-.", ErrForbidden)
}

// Take makes messages of a room of what clients of other protocols publish, together and with senders that they have
// proved, in one of the channels in which the room is heard. Taken is false where they are ordinary messages that the
// caller publishes: there is no such room, or the channel is Echo's and they are what Echo's clients whisper.
//
// In the channel that is named by the room's id each is a chat message of its sender, under its id as the nonce: sent
// again, it is not stored again. They are looked at together and stored one after another. Take returns when they are
// stored for good, with the positions that they have in that channel; one that is not known, because the message could
// not be published soon, or was long ago, is zero.
func (f *Feature) Take(ctx context.Context, p *madang.Principal, all []*madang.Message) (at []madang.Position, taken bool, err error) {
	if len(all) == 0 {
		return nil, false, nil
	}
	ref, open, ok := f.mirrored(all[0].Channel)
	if !ok {
		return nil, false, nil
	}
	if _, err := f.rules.store.Room(ctx, ref); err != nil {
		if errors.Is(err, ErrNotFound) {
			return nil, false, nil
		}
		return nil, false, fmt.Errorf("chat: take messages for room %v: %w", ref, err)
	}
	if !open {
		return nil, false, whispers(all)
	}
	drafts := make([]Draft, len(all))
	for i, m := range all {
		if drafts[i], err = f.draftOf(m); err != nil {
			return nil, true, fmt.Errorf("chat: take a message for room %v: %w", ref, err)
		}
	}
	var sent []*landing
	defer func() { f.landings.forget(sent) }()
	for i, m := range all {
		by := *p
		if by.User = m.Sender.User; by.User != p.User {
			by.Name = ""
		}
		x, err := f.sendAs(ctx, &by, ref, drafts[i])
		if err != nil {
			return nil, true, err
		}
		sent = append(sent, x)
	}
	for _, x := range sent {
		at = append(at, f.where(ctx, x))
	}
	return at, true, nil
}

// Keeps reports whether a channel is one in which a room is heard: its messages are kept here, whatever else is done with
// them there.
func (f *Feature) Keeps(ctx context.Context, ch madang.Channel) (bool, error) {
	ref, _, ok := f.mirrored(ch)
	if !ok {
		return false, nil
	}
	_, err := f.rules.store.Room(ctx, ref)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("chat: look for room %v: %w", ref, err)
	}
	return true, nil
}

// whispers refuses what is not for a channel of Echo's. The rest is of interest only now, as if Echo had sent it.
func whispers(all []*madang.Message) error {
	for _, m := range all {
		if !strings.HasPrefix(m.Name, "client-") {
			return fmt.Errorf("chat: event %.40q in %s: %w", m.Name, m.Channel, errOthersWords())
		}
	}
	for _, m := range all {
		m.Transient = true
	}
	return nil
}

// draftOf returns what a message of another protocol is here.
func (f *Feature) draftOf(m *madang.Message) (d Draft, err error) {
	switch {
	case m.Sender.User == "":
		return d, errNobody()
	case m.Type != madang.Text, m.Encoding != "":
		return d, errNotText()
	case m.Name != "" && m.Name != m.Sender.User:
		return d, errNamed()
	case len(m.Extras) > 0, m.Transient:
		return d, errMore()
	}
	if err := checkNonce(m.ID); err != nil {
		return d, err
	}
	text, err := f.rules.config.text().Clean(string(m.Data))
	return Draft{Text: text, Nonce: m.ID, Skip: m.Skip}, err
}

// sendAs sends a message of somebody who has come by another protocol than chat's.
func (f *Feature) sendAs(ctx context.Context, p *madang.Principal, ref RoomRef, d Draft) (*landing, error) {
	if p.Name == "" {
		names, err := f.names(ctx, p.App, p.User)
		if err != nil {
			return nil, err
		}
		p.Name = names[p.User].Name
	}
	if err := f.Seen(ctx, p); err != nil {
		return nil, err
	}
	room := ref.ID
	if room == f.rules.config.DefaultRoom.ID {
		room = "" // everybody is there who has not left it
	}
	var x *landing
	_, err := f.send(ctx, p, room, d, func(a Appended) { // before it is published
		x = f.landings.expect(a.Message, a.Duplicate && f.rules.now().Sub(a.Message.CreatedAt) > landTime)
	})
	if errors.Is(err, ErrForbidden) {
		return nil, fmt.Errorf("%w (%w)", errNoMember(), err)
	}
	return x, err
}

// idIn returns the id of a message in the channel named by its room: what its sender has called it.
func idIn(m Message) string { return cmp.Or(m.Nonce, fmt.Sprintf("%s:%d", m.Room.ID, m.Seq)) }
