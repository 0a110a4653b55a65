package rest

import (
	"context"
	"errors"
	"math"
	"time"

	"madang"
	"madang/dialect/ably/capability"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
)

// A span is the part of a channel's stream that a request is about.
type span struct {
	start, end time.Time // inclusive
	forwards   bool
	limit      int
	upTo       madang.Position // inclusive; zero: the newest
	after      madang.Position // the cursor, exclusive; zero: from the beginning of the span
	kinds      madang.Mask
}

// span reads the parameters of a history.
func (c *call) span() (s span, err error) {
	if s.limit, err = c.limit(); err != nil {
		return s, err
	}
	start, err := c.number("start", 0)
	if err != nil {
		return s, err
	}
	end, err := c.number("end", math.MaxInt64)
	if err != nil {
		return s, err
	}
	if end < start {
		return s, badParameter("end", "it is before the start")
	}
	s.start, s.end = time.UnixMilli(start), time.UnixMilli(end)
	switch c.query.Get("direction") {
	case "", "backwards":
	case "forwards":
		s.forwards = true
	default:
		return s, badParameter("direction", "it is forwards or backwards")
	}
	for name, at := range map[string]*madang.Position{"from_serial": &s.upTo, "fromSerial": &s.upTo, cursorName: &s.after} {
		text := c.query.Get(name)
		if text == "" {
			continue
		}
		p, ok := shape.ParseSerial(text)
		if !ok {
			return s, badParameter(name, "it is not one that this server gave")
		}
		*at = p
	}
	return s, nil
}

// wants reports whether an event is in the span.
func (s *span) wants(e *madang.Event) bool {
	at, ok := when(e)
	if !ok || at.Before(s.start) || at.After(s.end) {
		return false
	}
	return s.upTo == (madang.Position{}) || e.Pos.Offset <= s.upTo.Offset
}

// when returns the time that clients see of an event; ok is false if they do not see it at all.
func when(e *madang.Event) (at time.Time, ok bool) {
	switch {
	case e.Message != nil:
		return time.UnixMilli(e.Message.Time.UnixMilli()), true
	case e.Member != nil && e.Member.User != "":
		return time.UnixMilli(e.Member.Since.UnixMilli()), true
	}
	return time.Time{}, false
}

// chunk is how many events are read at once. Those that are not asked for lie among them.
const chunk = 1000

// events returns a page of a channel's stream, and whether there is more behind it.
func (a *API) events(ctx context.Context, ch madang.Channel, s span) (page []*madang.Event, more bool, err error) {
	q := madang.HistoryQuery{Since: s.after, Limit: chunk, Reverse: !s.forwards, Mask: s.kinds}
	if s.upTo != (madang.Position{}) {
		head, err := a.hub.History(ctx, ch, madang.HistoryQuery{Limit: 1, Reverse: true})
		switch {
		case err != nil:
			return nil, false, err
		case head.Top.Epoch != s.upTo.Epoch: // the stream that it belongs to is gone, and all before it
			return nil, false, nil
		case s.after == (madang.Position{}) && !s.forwards && s.upTo.Offset < head.Top.Offset:
			q.Since = madang.Position{Epoch: s.upTo.Epoch, Offset: s.upTo.Offset + 1}
		}
	}
	for {
		p, err := a.hub.History(ctx, ch, q)
		if errors.Is(err, madang.ErrLost) && s.forwards && q.Since == s.after { // what is kept begins later by now
			q.Since = madang.Position{}
			p, err = a.hub.History(ctx, ch, q)
		}
		if errors.Is(err, madang.ErrLost) {
			return page, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		for _, e := range p.Events {
			if !s.wants(e) {
				continue
			}
			if len(page) == s.limit {
				return page, true, nil
			}
			page = append(page, e)
		}
		if !p.More || len(p.Events) == 0 {
			return page, false, nil
		}
		q.Since = p.Events[len(p.Events)-1].Pos
	}
}

// history answers with messages that were published.
func (a *API) history(c *call) (*answer, error) { return a.past(c, false) }

// presenceHistory answers with who came, changed and went.
func (a *API) presenceHistory(c *call) (*answer, error) { return a.past(c, true) }

func (a *API) past(c *call, presence bool) (*answer, error) {
	ch, err := c.channel(capability.History)
	if err != nil {
		return nil, err
	}
	s, err := c.span()
	if err != nil {
		return nil, err
	}
	if s.kinds = madang.Messages; presence {
		s.kinds = madang.Presences
	}
	events, more, err := a.events(c.r.Context(), ch, s)
	if err != nil {
		return nil, err
	}
	var all []protocol.Message
	for _, e := range events {
		if presence {
			all = append(all, shape.Presence(e.Member, shape.PresenceAction(e.Kind)))
		} else {
			all = append(all, shape.Message(e.Message))
		}
	}
	next := ""
	if more {
		next = shape.Serial(events[len(events)-1].Pos)
	}
	return list(all, presence, c.links(next)), nil
}

// message answers with one message.
func (a *API) message(c *call) (*answer, error) {
	ch, err := c.channel(capability.History)
	if err != nil {
		return nil, err
	}
	at, ok := shape.ParseSerial(c.r.PathValue("serial"))
	if !ok || at.Offset == 0 {
		return nil, shape.Info(shape.CodeBadRequest, "This is not the serial of a message.")
	}
	page, err := a.hub.History(c.r.Context(), ch, madang.HistoryQuery{
		Since: madang.Position{Epoch: at.Epoch, Offset: at.Offset - 1}, Limit: 1,
	})
	if err != nil && !errors.Is(err, madang.ErrLost) {
		return nil, err
	}
	if err != nil || len(page.Events) == 0 || page.Events[0].Pos != at || page.Events[0].Message == nil {
		return nil, shape.Info(shape.CodeNotFound, "There is no such message, or it is no longer kept.")
	}
	out := list([]protocol.Message{shape.Message(page.Events[0].Message)}, false, nil)
	out.single = true
	return out, nil
}
