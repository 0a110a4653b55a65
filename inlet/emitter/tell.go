package emitter

import (
	"encoding/json"
	"slices"

	"madang"
)

// What stands here tells other servers what this one does to sockets of rooms, wherever they are. It must not wait: see [outbox].

// Emitted tells that an event was emitted.
func (i *Inlet) Emitted(namespace string, rooms, except []string, m *madang.Message) {
	if !i.tells(namespace) || m.Type != madang.Args {
		return
	}
	name, err := json.Marshal(m.Name)
	if err != nil || len(m.Data) < 2 {
		return
	}
	data := append([]byte{'['}, name...)
	if len(m.Data) > 2 {
		data = append(append(data, ','), m.Data[1:len(m.Data)-1]...)
	}
	data = append(data, ']')
	p := map[string]any{"type": eventPacket, "data": json.RawMessage(data), "nsp": namespace}
	to := chosen(rooms, except)
	flags := map[string]any{}
	if m.Volatile {
		flags["volatile"] = true
	}
	to["flags"] = flags
	if i.config.PubSub {
		channel := i.config.publicChannel(namespace)
		if len(rooms) == 1 {
			channel += rooms[0] + "#"
		}
		i.tell(publication{channel: channel, parts: m.Attachments, packed: true}, []any{i.uid, p, to})
	}
	if i.config.Streams {
		i.tell(publication{parts: m.Attachments, packed: len(m.Attachments) > 0, entry: &entry{namespace, memberBroadcast}},
			map[string]any{"packet": p, "opts": to})
	}
}

// Joined tells that sockets were put into rooms.
func (i *Inlet) Joined(namespace string, rooms, except, into []string) {
	i.order(namespace, orderJoin, memberJoin, rooms, except, "rooms", slices.Clone(into))
}

// Left tells that sockets were taken out of rooms.
func (i *Inlet) Left(namespace string, rooms, except, from []string) {
	i.order(namespace, orderLeave, memberLeave, rooms, except, "rooms", slices.Clone(from))
}

// Disconnected tells that sockets were ended.
func (i *Inlet) Disconnected(namespace string, rooms, except []string) {
	i.order(namespace, orderEnd, memberEnd, rooms, except, "close", false)
}

func (i *Inlet) order(namespace string, kind, memberKind int, rooms, except []string, key string, value any) {
	if !i.tells(namespace) {
		return
	}
	to := chosen(rooms, except)
	if i.config.PubSub {
		i.tell(publication{channel: i.config.requestChannel(namespace)}, map[string]any{"uid": i.uid, "type": kind, "opts": to, key: value})
	}
	if i.config.Streams {
		to["flags"] = map[string]any{}
		i.tell(publication{entry: &entry{namespace, memberKind}}, map[string]any{"opts": to, key: value})
	}
}

// tells reports whether others are told of a namespace.
func (i *Inlet) tells(namespace string) bool { return i.config.Send && i.namespace(namespace) != nil }

// chosen is a choice as others write it.
func chosen(rooms, except []string) map[string]any {
	return map[string]any{"rooms": append([]string{}, rooms...), "except": append([]string{}, except...)}
}

// tell puts a message into the outbox.
func (i *Inlet) tell(p publication, value any) {
	text, err := json.Marshal(value)
	if err != nil { // arguments that are no JSON, which the dialect does not let pass
		i.count.untold.Add(1)
		return
	}
	p.text = text
	i.outbox.put(i, p)
}
