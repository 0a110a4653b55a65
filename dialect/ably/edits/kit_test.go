package edits_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"madang"
	"madang/dialect/ably/edits"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
)

// position returns the nth one of the tests' channel.
func position(n int) madang.Position { return madang.Position{Epoch: "e", Offset: uint64(n)} }

// serial returns that of the message at the nth position.
func serial(n int) string { return shape.MessageSerial(position(n)) }

// event returns the nth entry of a log.
func event(n int, kind madang.Kind, m madang.Message, x shape.Extras) *madang.Event {
	m.Pos, m.Time, m.Extras = position(n), time.UnixMilli(int64(n)*1000), x.Raw()
	return &madang.Event{Kind: kind, Pos: m.Pos, Message: &m}
}

// fold returns the log of some events.
func fold(events []*madang.Event) *edits.Log {
	l := &edits.Log{}
	for _, e := range events {
		l.Add(e)
	}
	return l
}

// A known is a message as a client knows it that has heard all of it, or as brute force finds it.
type known struct {
	name, data, extras string
	action             int
}

func knownOf(m *madang.Message) known {
	w := shape.Message(m)
	return known{w.Name, string(w.Data.Bytes), string(w.Extras), w.Action}
}

// A history is a channel's, with what a client on the one node where all happens has made of it at every step.
type history struct {
	events []*madang.Event
	heard  []map[string]known // after each event
}

// anyHistory draws what happens in a channel: each change is published with the message as it is at that time.
func anyHistory(t *rapid.T) *history {
	h := &history{}
	client := map[string]known{}
	for n := 1; n <= rapid.IntRange(1, 30).Draw(t, "entries"); n++ {
		var e *madang.Event
		serials := sortedKeys(client)
		if len(serials) == 0 || rapid.IntRange(0, 3).Draw(t, "what") == 0 {
			text := fmt.Sprint("m", n)
			e = event(n, madang.MessageEvent, madang.Message{Name: text, Data: []byte(text), Type: madang.Text, Sender: madang.Sender{User: "author"}},
				shape.Extras{Extras: []byte(fmt.Sprintf(`{"x":%d}`, n))})
			client[serial(n)] = known{text, text, fmt.Sprintf(`{"x":%d}`, n), protocol.MessageCreate}
		} else {
			e = anyChange(t, n, rapid.SampledFrom(serials).Draw(t, "of"), client)
		}
		h.events = append(h.events, e)
		h.heard = append(h.heard, maps.Clone(client))
	}
	return h
}

func sortedKeys(m map[string]known) (all []string) {
	for s := range m {
		all = append(all, s)
	}
	slices.Sort(all)
	return all
}

// anyChange draws a change of a message, and applies it as a client would that hears it.
func anyChange(t *rapid.T, n int, of string, client map[string]known) *madang.Event {
	k := client[of]
	x := &shape.Edit{Serial: of, Time: 7, ClientID: "author", Description: fmt.Sprint("d", n)}
	x.Action = rapid.SampledFrom([]int{protocol.MessageUpdate, protocol.MessageDelete, protocol.MessageAppend}).Draw(t, "action")
	x.Given = shape.Fields(rapid.IntRange(0, 7).Draw(t, "given"))
	if x.Action == protocol.MessageAppend {
		x.Given |= shape.DataField
	}
	if x.Given&shape.NameField != 0 {
		k.name = fmt.Sprint("n", n)
	}
	if x.Given&shape.ExtrasField != 0 {
		k.extras = fmt.Sprintf(`{"y":%d}`, n)
	}
	data := k.data
	switch {
	case x.Action == protocol.MessageAppend:
		data = fmt.Sprint("+", n)
		k.data += data
		if x.Whole = rapid.Bool().Draw(t, "whole"); x.Whole {
			x.From, data = len(k.data)-len(data), k.data
		}
	case x.Given&shape.DataField != 0:
		data = fmt.Sprint("d", n)
		k.data = data
	}
	k.action = x.Action
	if k.action == protocol.MessageAppend {
		k.action = protocol.MessageUpdate
	}
	client[of] = k
	kind := madang.MessageEvent
	if x.Action == protocol.MessageDelete {
		kind = madang.AsideEvent
	}
	m := madang.Message{Name: k.name, Data: []byte(data), Type: madang.Text, Sender: madang.Sender{User: fmt.Sprint("u", n)}}
	return event(n, kind, m, shape.Extras{Extras: []byte(k.extras), Edit: x})
}
