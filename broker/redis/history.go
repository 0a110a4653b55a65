package redis

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/redis/rueidis"

	"madang"
)

// History implements [madang.Broker].
func (b *Broker) History(ctx context.Context, c madang.Channel, q madang.HistoryQuery) (madang.Page, error) {
	p, s := b.partition(c)
	if q.Mask == 0 {
		q.Mask = madang.Messages
	}
	since, limit, reverse := "", "-1", "0"
	if q.Since != (madang.Position{}) {
		since = strconv.FormatUint(q.Since.Offset, 10)
	}
	if q.Limit > 0 {
		limit = strconv.Itoa(q.Limit)
	}
	if q.Reverse {
		reverse = "1"
	}
	keys := []string{p.keys.here(), p.keys.stream(s), p.keys.spoken(s), p.keys.presence(s)}
	reply, err := p.call(ctx, b.scripts.history, keys, freshEpoch(), mask(q.Mask), mask(spoken), mask(madang.Presences),
		q.Since.Epoch, since, limit, reverse)
	if err != nil {
		return madang.Page{}, fmt.Errorf("redis: history of %s: %w", c, err)
	}
	return page(c, q, reply)
}

func mask(m madang.Mask) string { return strconv.Itoa(int(m)) }

// page reads what the script has found.
func page(c madang.Channel, q madang.HistoryQuery, reply rueidis.RedisMessage) (madang.Page, error) {
	text, err := reply.AsStrSlice()
	if err != nil || len(text) == 1 || len(text) == 2 {
		return madang.Page{}, fmt.Errorf("redis: history of %s: unexpected answer: %w", c, err)
	}
	if len(text) == 0 && q.Since == (madang.Position{}) {
		return madang.Page{}, nil
	}
	if len(text) == 0 || text[2] != "" {
		return madang.Page{}, fmt.Errorf("history of %s since %d: %w", c, q.Since.Offset, madang.ErrLost)
	}
	top, _ := strconv.ParseUint(text[1], 10, 64) // the script's own number
	out := madang.Page{Top: madang.Position{Epoch: text[0], Offset: top}, More: text[3] == "1"}
	for i := 4; i+1 < len(text); i += 2 {
		offset, _ := strconv.ParseUint(text[i], 10, 64) // the same
		e, err := eventAt(c, madang.Position{Epoch: text[0], Offset: offset}, text[i+1])
		if err != nil {
			return madang.Page{}, fmt.Errorf("redis: history of %s at %d: %w", c, offset, err)
		}
		out.Events = append(out.Events, e)
	}
	slices.SortStableFunc(out.Events, func(a, b *madang.Event) int {
		if q.Reverse {
			a, b = b, a
		}
		return cmp.Compare(a.Pos.Offset, b.Pos.Offset)
	})
	if q.Limit > 0 && len(out.Events) > q.Limit {
		out.Events, out.More = out.Events[:q.Limit], true
	}
	return out, nil
}

// eventAt reads an event and gives it its position.
func eventAt(c madang.Channel, at madang.Position, text string) (*madang.Event, error) {
	e, err := decode([]byte(text), c)
	if err != nil {
		return nil, err
	}
	e.Pos = at
	if e.Message != nil {
		e.Message.Pos = at
	}
	return e, nil
}
