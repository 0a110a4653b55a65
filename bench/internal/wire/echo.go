package wire

import (
	"fmt"
	"strings"
)

// Echo is laravel-echo-server's dialect of Socket.IO 2 over Engine.IO 3. Rooms
// are private channels, which the application behind the server grants by a
// callback that carries the client's token; messages are client events.
type Echo struct{}

// Upgrade implements Protocol.
func (Echo) Upgrade(host string) []byte {
	return upgradeRequest(host, "/socket.io/?EIO=3&transport=websocket")
}

// Greet implements Protocol: the open packet, the namespace, the room. The
// server does not say that a private channel was entered, so the connection
// waits for Admitted.
func (Echo) Greet(step int, packet []byte, who Who) (frame []byte, done bool, err error) {
	p := string(packet)
	switch {
	case step == 0 && strings.HasPrefix(p, PacketOpen):
		return nil, false, nil
	case step == 1 && p == PacketConnect:
		if who.Room == "" {
			return nil, true, nil
		}
		return AppendFrame(nil, Text, []byte(`42["subscribe",{"channel":`+quote(channel(who.Room))+
			`,"auth":{"headers":{"Authorization":`+quote("Bearer "+who.Token)+`}}}]`)), false, nil
	case step == 2 && p == Admitted:
		return nil, true, nil
	case step == 2 && strings.HasPrefix(p, `42["subscription_error"`):
		return nil, false, fmt.Errorf("the server refused the subscription: %.120q", packet)
	}
	return nil, false, unexpected(packet)
}

// Control implements Protocol.
func (Echo) Control(packet []byte) (answer []byte, known bool, err error) {
	switch string(packet) {
	case packetPong:
		return nil, true, nil
	case PacketClose, PacketDisconnect:
		return nil, true, ended(packet)
	}
	return nil, false, nil
}

// Delivery implements Protocol.
func (Echo) Delivery(packet []byte) bool { return len(packet) > 2 }

// KeepAlive implements Protocol: in Engine.IO 3 it is the client that pings.
func (Echo) KeepAlive() []byte { return AppendFrame(nil, Text, []byte(PacketPing)) }

// Publish implements Protocol.
func (Echo) Publish(room string, size int) *Numbered {
	return numbered(Text, `42["client event",{"channel":`+quote(channel(room))+`,"event":"client-msg","data":`+data(size)+`}]`, dataStart)
}

// Delivered implements Protocol.
func (Echo) Delivered(room string, size int) Shape {
	return shape(`42["client-msg",`+quote(channel(room))+`,`, size, "]")
}

// LeavesOut implements Protocol.
func (Echo) LeavesOut() bool { return true }
