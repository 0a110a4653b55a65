package fake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/tinylib/msgp/msgp"
)

// binaryFrame is the opcode of what is in MessagePack.
const binaryFrame = 0x82

// A field is a named value of a packet, for they have an order.
type field struct {
	name  string
	value any
}

// ablyConnect greets a client of Ably's protocol that has a key.
func (p *peer) ablyConnect(query url.Values) {
	if query.Get("format") == "msgpack" {
		p.op = binaryFrame
	}
	if p.server.faults.Refuse || query.Get("key") != "bench.bench-key:"+Secret {
		p.ablyAnswer(field{"action", 9}, field{"error", map[string]any{"code": 40101, "statusCode": 401, "message": "no"}})
		return
	}
	p.ablyAnswer(field{"action", 4}, field{"connectionDetails", map[string]any{"clientId": "*"}}, field{"connectionId", "x"})
	p.ablyAnswer(field{"action", 0})
}

// ably reads a packet of Ably's protocol.
func (p *peer) ably(text string) {
	var packet struct {
		Action    int
		Channel   string
		MsgSerial int
		Messages  []map[string]any
	}
	in := []byte(text)
	if p.op == binaryFrame {
		var out bytes.Buffer
		_, _ = msgp.UnmarshalAsJSON(&out, in) // what is not MessagePack is not JSON then
		in = out.Bytes()
	}
	if err := json.Unmarshal(in, &packet); err != nil {
		p.ablyAnswer(field{"action", 9}, field{"error", map[string]any{"code": 40000, "message": text}})
		return
	}
	switch packet.Action {
	case 10:
		p.server.mu.Lock()
		p.server.rooms[packet.Channel] = append(p.server.rooms[packet.Channel], p)
		p.server.mu.Unlock()
		p.ablyAnswer(field{"action", 11}, field{"channel", packet.Channel}, field{"channelSerial", "1@x"}, field{"flags", 983040})
	case 15:
		id := fmt.Sprintf("x:%d", packet.MsgSerial)
		all := make([]any, len(packet.Messages))
		for i, m := range packet.Messages {
			all[i] = m
		}
		message := p.ablyPacket(field{"action", 15}, field{"id", id}, field{"messages", all}, field{"timestamp", 1}, field{"channel", packet.Channel})
		ack := p.ablyPacket(field{"action", 1}, field{"count", 1}, field{"msgSerial", packet.MsgSerial})
		p.server.mu.Lock()
		defer p.server.mu.Unlock()
		for _, member := range p.server.rooms[packet.Channel] {
			member.send(message)
		}
		p.send(ack)
	}
}

func (p *peer) ablyAnswer(fields ...field) { p.answer(p.ablyPacket(fields...)) }

// ablyPacket writes a packet as the client wants it.
func (p *peer) ablyPacket(fields ...field) string {
	if p.op != binaryFrame {
		parts := make([]string, len(fields))
		for i, f := range fields {
			b, _ := json.Marshal(f.value) // texts, numbers and what holds them always encode
			parts[i] = fmt.Sprintf("%q:%s", f.name, b)
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	b := msgp.AppendMapHeader(nil, uint32(len(fields)))
	for _, f := range fields {
		b, _ = msgp.AppendIntf(msgp.AppendString(b, f.name), f.value) // so they do here
	}
	return string(b)
}
