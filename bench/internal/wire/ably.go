package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/tinylib/msgp/msgp"
)

// Ably is version 6 of Ably's realtime protocol, in JSON as browsers speak it
// or, if Binary is set, in MessagePack as Node does. Rooms are channels of that
// name. A message is published with the key whose secret is Secret, carries its
// data as the client library sends an object, is acknowledged, and comes back
// to a sender that is in the room.
//
// This is community-built, not an Ably product.
type Ably struct {
	Secret string
	Binary bool
}

// Actions: what a packet is.
const (
	ablyHeartbeat    = 0
	ablyAck          = 1
	ablyNack         = 2
	ablyConnected    = 4
	ablyDisconnected = 6
	ablyClosed       = 8
	ablyError        = 9
	ablyAttach       = 10
	ablyAttached     = 11
	ablyMessage      = 15
)

const (
	ablyName     = "msg"
	ablyStart    = `{"action":` // of a packet in JSON
	ablyPacked   = "\xa6action" // in MessagePack, behind the size of the map
	ablyQuoted   = `{\"n\":\"`  // dataStart in a JSON string
	ablyEncoding = "json"       // of data that was an object
	firstSerial  = 10_000_000   // of a connection's messages: eight digits, as all that follow
	notAnAction  = -1           // what action returns for other packets
)

// Upgrade implements Protocol. Browsers ask for packets that say the server is
// there; Node sees its pings.
func (a Ably) Upgrade(host string) []byte {
	target := "/?key=" + App + "." + AppKey + ":" + url.QueryEscape(a.Secret) + "&v=6&echo=true"
	if a.Binary {
		return upgradeRequest(host, target+"&format=msgpack&heartbeats=false")
	}
	return upgradeRequest(host, target+"&format=json&heartbeats=true")
}

// Frames returns what kind of WebSocket message packets are in.
func (a Ably) Frames() Op {
	if a.Binary {
		return Binary
	}
	return Text
}

// Greet implements Protocol: the connection, then the channel.
func (a Ably) Greet(step int, packet []byte, who Who) (frame []byte, done bool, err error) {
	switch action := a.action(packet); {
	case step == 0 && action == ablyConnected:
		if a.fields(packet).ConnectionID == "" {
			return nil, false, unexpected(packet)
		}
		if who.Room == "" {
			return nil, true, nil
		}
		return a.attach(who.Room), false, nil
	case step == 1 && action == ablyAttached && a.fields(packet).Channel == who.Room:
		return nil, true, nil
	case step == 1 && action == ablyError:
		return nil, false, fmt.Errorf("the server refused the subscription: %.120q", packet)
	}
	return nil, false, unexpected(packet)
}

func (a Ably) attach(room string) []byte {
	if !a.Binary {
		return AppendFrame(nil, Text, []byte(`{"action":10,"channel":`+quote(room)+`}`))
	}
	b := msgp.AppendMapHeader(nil, 2)
	b = msgp.AppendInt(msgp.AppendString(b, "action"), ablyAttach)
	b = msgp.AppendString(msgp.AppendString(b, "channel"), room)
	return AppendFrame(nil, Binary, b)
}

// Control implements Protocol. Acknowledgements are many, so it looks no
// further than at the action.
func (a Ably) Control(packet []byte) (answer []byte, known bool, err error) {
	switch a.action(packet) {
	case ablyAck, ablyHeartbeat:
		return nil, true, nil
	case ablyNack:
		return nil, true, fmt.Errorf("the server refused a message: %.200q", packet)
	case ablyDisconnected, ablyClosed:
		return nil, true, ended(packet)
	case ablyError:
		if a.fields(packet).Channel == "" {
			return nil, true, ended(packet)
		}
	}
	return nil, false, nil
}

// Delivery implements Protocol.
func (a Ably) Delivery(packet []byte) bool { return a.action(packet) == ablyMessage }

// KeepAlive implements Protocol: it is the server that pings.
func (Ably) KeepAlive() []byte { return nil }

// Publish implements Protocol.
func (a Ably) Publish(room string, size int) *Numbered {
	if !a.Binary {
		const serial = `"msgSerial":`
		n := numbered(Text, `{"action":15,"channel":`+quote(room)+`,`+serial+`00000000,"messages":[{"name":"`+ablyName+
			`","data":`+quote(data(size))+`,"encoding":"`+ablyEncoding+`"}]}`, ablyQuoted)
		n.serialAt = bytes.Index(n.frame, []byte(serial)) + len(serial)
		return n
	}
	b := msgp.AppendMapHeader(nil, 4)
	b = msgp.AppendInt(msgp.AppendString(b, "action"), ablyMessage)
	b = msgp.AppendString(msgp.AppendString(b, "channel"), room)
	b = msgp.AppendUint32(msgp.AppendString(b, "msgSerial"), firstSerial)
	behind := len(b)
	b = msgp.AppendMapHeader(msgp.AppendArrayHeader(msgp.AppendString(b, "messages"), 1), 3)
	b = msgp.AppendString(msgp.AppendString(b, "name"), ablyName)
	b = msgp.AppendString(msgp.AppendString(b, "data"), data(size))
	b = msgp.AppendString(msgp.AppendString(b, "encoding"), ablyEncoding)
	n := numbered(Binary, string(b), dataStart)
	n.serialAt, n.packed = len(n.frame)-len(b)+behind-packedSerial, true
	return n
}

// Delivered implements Protocol: what a server adds is its own affair.
func (a Ably) Delivered(room string, size int) Shape {
	s := &loose{delivery: a.Delivery}
	value := data(size)
	if !a.Binary {
		value = quote(value)
		s.known = []part{{text: `"channel":` + quote(room)}, {text: `"name":"` + ablyName + `"`}, {text: `"encoding":"` + ablyEncoding + `"`}}
		s.each = []part{s.known[1], s.known[2]}
		at := strings.Index(value, ablyQuoted) + len(ablyQuoted)
		s.before.text, s.after = `"data":`+value[:at], value[at+digits:]
		s.next = s.before
		return s
	}
	for _, pair := range [][2]string{{"channel", room}, {"name", ablyName}, {"encoding", ablyEncoding}} {
		s.known = append(s.known, part{text: string(msgp.AppendString(msgp.AppendString(nil, pair[0]), pair[1]))})
	}
	s.each = []part{s.known[1], s.known[2]}
	value = string(msgp.AppendString(msgp.AppendString(nil, "data"), value))
	at := strings.Index(value, dataStart) + len(dataStart)
	s.before.text, s.after = value[:at], value[at+digits:]
	s.next = s.before
	return s
}

// LeavesOut implements Protocol.
func (Ably) LeavesOut() bool { return false }

// action returns what a packet is. Servers write that first.
func (a Ably) action(packet []byte) int {
	if a.Binary {
		const at = 1 + len(ablyPacked)
		if len(packet) <= at || packet[0]&0xf0 != 0x80 || string(packet[1:at]) != ablyPacked || packet[at] > 0x7f {
			return notAnAction
		}
		return int(packet[at])
	}
	const at = len(ablyStart)
	if len(packet) < at+2 || string(packet[:at]) != ablyStart || !digit(packet[at]) {
		return notAnAction
	}
	n := int(packet[at] - '0')
	if second := packet[at+1]; digit(second) {
		n = n*10 + int(second-'0')
	}
	return n
}

func digit(b byte) bool { return b >= '0' && b <= '9' }

// A packet's fields are what setting up a connection goes by.
type fields struct {
	ConnectionID string `json:"connectionId"`
	Channel      string `json:"channel"`
}

// fields returns none for what is no packet.
func (a Ably) fields(packet []byte) fields {
	if a.Binary {
		var text bytes.Buffer
		if _, err := msgp.UnmarshalAsJSON(&text, packet); err != nil {
			return fields{}
		}
		packet = text.Bytes()
	}
	var f fields
	if json.Unmarshal(packet, &f) != nil {
		return fields{}
	}
	return f
}
