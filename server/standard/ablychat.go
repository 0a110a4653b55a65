package standard

import (
	"context"
	"errors"
	"strings"

	"madang"
	"madang/chat"
	"madang/chat/rest"
	"madang/dialect/ably"
	"madang/dialect/ably/shape"
	"madang/server"
)

// ablyInChat makes the rooms' rules hold for clients of the Ably protocol.
func ablyInChat(s *server.Site) error {
	g, err := server.Find[*ablyGuard](s)
	if err != nil {
		return err
	}
	g.chat, err = server.Find[*chat.Feature](s)
	return err
}

// Authorize implements madang.Policy: what the capability allows, and in the rooms of the chat what these allow. Who has
// the app's key itself is its backend, and may be everywhere.
func (g *ablyGuard) Authorize(ctx context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	grant, err := g.capability.Authorize(ctx, r)
	if grant == nil || err != nil || ably.HasKey(r.Principal) {
		return grant, err
	}
	room, err := g.admit(ctx, r)
	if err != nil {
		return nil, err
	}
	if room == nil && private(r.Channel) && signedIn(r.Principal) {
		return nil, nil // what everybody may who is signed in opens nobody's private channel
	}
	if room != nil && strings.HasPrefix(r.Channel.Name, presenceChannel) {
		grant.Member = room.Member // Echo's and Pusher's clients show what is there
	}
	return grant, nil
}

// admit asks the chat; nil: the channel is none of a room. Who is signed in here is asked about as the person.
func (g *ablyGuard) admit(ctx context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	if g.chat == nil {
		return nil, nil
	}
	room, err := g.chat.AdmitAlone(ctx, r.Principal, r.Channel)
	if room == nil && err == nil || !signedIn(r.Principal) {
		return room, err
	}
	person, err := g.ended.asPerson(ctx, r.Principal)
	if err != nil {
		return nil, err
	}
	return g.chat.AdmitAlone(ctx, person, r.Channel)
}

// presenceChannel is how the names of channels begin in which the chat shows who is there.
const presenceChannel = "presence-"

// private reports whether others decide who may be in a channel.
func private(c madang.Channel) bool {
	return strings.HasPrefix(c.Name, "private-") || strings.HasPrefix(c.Name, presenceChannel)
}

// ablyRooms are the rooms of the chat for clients of the Ably protocol.
type ablyRooms struct {
	chat   *chat.Feature
	person func(context.Context, *madang.Principal) (*madang.Principal, error) // who they are to the chat
	calls  rest.Calls                                                          // nil: everybody may send

	tongues *tongues // take what is published in the channels of devices
}

// publish makes chat messages of what clients publish in rooms. Who has the app's key itself is its backend, which publishes
// events, unless it acts as a client id. Who is signed in here sends as the person, and if they may send elsewhere too.
func (a ablyRooms) publish(ctx context.Context, who *madang.Principal, all []*madang.Message) ([]madang.Position, bool, error) {
	if at, taken, err := a.tongues.takeAbly(ctx, who, all); taken || err != nil {
		return at, taken, err
	}
	backend := 0
	for _, m := range all {
		if m.Sender.User == "" && ably.HasKey(who) {
			backend++
		}
	}
	if backend == len(all) {
		return nil, false, nil
	}
	person, err := a.person(ctx, who)
	if err != nil {
		return nil, false, inAblysWords(err)
	}
	if person != who {
		all = sentBy(person, all)
	}
	if a.calls != nil && !ably.HasKey(who) {
		if err := a.admit(ctx, person, all[0].Channel); err != nil {
			return nil, false, inAblysWords(err)
		}
	}
	at, taken, err := a.chat.Take(ctx, person, all)
	return at, taken, inAblysWords(err)
}

// admit says whether somebody may send in a channel, if it is that of a room.
func (a ablyRooms) admit(ctx context.Context, person *madang.Principal, ch madang.Channel) error {
	refused := a.calls.AdmitCall(ctx, person, "sendMessage")
	if refused == nil {
		return nil
	}
	room, err := a.chat.Keeps(ctx, ch)
	if err != nil || !room {
		return err
	}
	return refused
}

// sentBy returns messages as a person's. In rooms a message is named after its sender.
func sentBy(person *madang.Principal, all []*madang.Message) []*madang.Message {
	own := make([]*madang.Message, len(all))
	for i, m := range all {
		c := *m
		if c.Name == m.Sender.User && c.Name != "" {
			c.Name = person.User
		}
		c.Sender.User, own[i] = person.User, &c
	}
	return own
}

// inAblysWords gives errors of the chat the codes that Ably's clients know.
func inAblysWords(err error) error {
	switch {
	case err == nil, errors.Is(err, madang.ErrForbidden):
		return err
	case errors.Is(err, chat.ErrTooLarge):
		return shape.Info(shape.CodeTooLong, "The text is longer than a chat message may be.")
	case errors.Is(err, madang.ErrInvalid):
		if _, ok := errors.AsType[*madang.Refusal](err); !ok {
			return shape.Info(shape.CodeBadRequest, "This is no text of a chat message: there is nothing to see in it, it is not UTF-8, or its id is longer than 128 bytes.")
		}
	}
	return err
}
