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

// wants reports whether something that clients know by a time and a place is in the span.
func (s *span) wants(at time.Time, place madang.Position) bool {
	return !at.Before(s.start) && !at.After(s.end) && (s.upTo == (madang.Position{}) || place.Offset <= s.upTo.Offset)
}

// chunk is how many events are read at once. Those that are not asked for lie among them.
const chunk = 1000

// events returns a page of who came and went in a channel, and whether there is more behind it.
func (a *API) events(ctx context.Context, ch madang.Channel, s span) (page []*madang.Event, more bool, err error) {
	q := madang.HistoryQuery{Since: s.after, Limit: chunk, Reverse: !s.forwards, Mask: madang.Presences}
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
			if e.Member == nil || e.Member.User == "" || !s.wants(time.UnixMilli(e.Member.Since.UnixMilli()), e.Pos) {
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

// presenceHistory answers with who came, changed and went.
func (a *API) presenceHistory(c *call) (*answer, error) {
	ch, err := c.channel(capability.History)
	if err != nil {
		return nil, err
	}
	s, err := c.span()
	if err != nil {
		return nil, err
	}
	events, more, err := a.events(c.r.Context(), ch, s)
	if err != nil {
		return nil, err
	}
	var all []protocol.Message
	for _, e := range events {
		all = append(all, shape.Presence(e.Member, shape.PresenceAction(e.Kind)))
	}
	next := ""
	if more {
		next = shape.Serial(events[len(events)-1].Pos)
	}
	return list(all, true, c.links(next)), nil
}
