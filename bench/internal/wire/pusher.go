package wire

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Pusher is version 7 of the Pusher protocol. Rooms are private channels,
// entered with a signature made with Secret; messages are client events.
type Pusher struct{ Secret string }

const (
	pusherEvent  = `{"event":"`
	pusherSignal = `{"event":"client-msg",`
)

// Upgrade implements Protocol.
func (Pusher) Upgrade(host string) []byte {
	return upgradeRequest(host, "/app/"+AppKey+"?protocol=7&client=bench&version=1.0.0")
}

// Greet implements Protocol: the socket id, then the subscription.
func (p Pusher) Greet(step int, packet []byte, who Who) (frame []byte, done bool, err error) {
	e := readEvent(packet)
	switch {
	case step == 0 && e.Event == "pusher:connection_established":
		id := e.socketID()
		if id == "" {
			return nil, false, unexpected(packet)
		}
		if who.Room == "" {
			return nil, true, nil
		}
		return p.subscribe(id, channel(who.Room)), false, nil
	case step == 1 && e.Event == "pusher_internal:subscription_succeeded" && e.Channel == channel(who.Room):
		return nil, true, nil
	case step == 1 && e.Event == "pusher:subscription_error":
		return nil, false, fmt.Errorf("the server refused the subscription: %.120q", packet)
	}
	return nil, false, unexpected(packet)
}

func (p Pusher) subscribe(id, channel string) []byte {
	mac := hmac.New(sha256.New, []byte(p.Secret))
	mac.Write([]byte(id + ":" + channel))
	auth := AppKey + ":" + hex.EncodeToString(mac.Sum(nil))
	return AppendFrame(nil, Text, []byte(`{"event":"pusher:subscribe","data":{"auth":`+quote(auth)+`,"channel":`+quote(channel)+`}}`))
}

// Control implements Protocol.
func (Pusher) Control(packet []byte) (answer []byte, known bool, err error) {
	switch readEvent(packet).Event {
	case "pusher:ping":
		return AppendFrame(nil, Text, []byte(`{"event":"pusher:pong","data":{}}`)), true, nil
	case "pusher:pong", "pusher_internal:subscription_count":
		return nil, true, nil
	case "pusher:error":
		return nil, true, ended(packet)
	}
	return nil, false, nil
}

// Delivery implements Protocol: the protocol's own events begin with "pusher".
func (Pusher) Delivery(packet []byte) bool {
	return len(packet) > len(pusherEvent) && packet[len(pusherEvent)] == 'c'
}

// KeepAlive implements Protocol.
func (Pusher) KeepAlive() []byte {
	return AppendFrame(nil, Text, []byte(`{"event":"pusher:ping","data":{}}`))
}

// Publish implements Protocol.
func (Pusher) Publish(room string, size int) *Numbered {
	return numbered(Text, pusherSignal+`"channel":`+quote(channel(room))+`,"data":`+data(size)+`}`, dataStart)
}

// Delivered implements Protocol.
func (Pusher) Delivered(room string, size int) Shape {
	return shape(pusherSignal+`"channel":`+quote(channel(room))+`,"data":`, size, "}")
}

// LeavesOut implements Protocol.
func (Pusher) LeavesOut() bool { return true }

// An event is a packet of the Pusher protocol.
type event struct {
	Event   string          `json:"event"`
	Channel string          `json:"channel"`
	Data    json.RawMessage `json:"data"`
}

// readEvent returns the zero event for what is none.
func readEvent(packet []byte) event {
	var e event
	if json.Unmarshal(packet, &e) != nil {
		return event{}
	}
	return e
}

// socketID reads the id out of connection_established, whose data is a JSON
// object in a JSON string.
func (e event) socketID() string {
	var text string
	var d struct {
		SocketID string `json:"socket_id"`
	}
	if json.Unmarshal(e.Data, &text) != nil || json.Unmarshal([]byte(text), &d) != nil {
		return ""
	}
	return d.SocketID
}
