package wire

import (
	"fmt"
	"strings"
)

// SocketIO is Engine.IO 4 and Socket.IO 5 with the benchmark's own little
// application: sub(room, cb), pub(room, data) and echo(data, cb).
type SocketIO struct{}

// Upgrade implements Protocol.
func (SocketIO) Upgrade(host string) []byte {
	return upgradeRequest(host, "/socket.io/?EIO=4&transport=websocket")
}

// Greet implements Protocol: the open packet, the namespace, the room.
func (SocketIO) Greet(step int, packet []byte, who Who) (frame []byte, done bool, err error) {
	p := string(packet)
	switch {
	case step == 0 && strings.HasPrefix(p, PacketOpen):
		return ConnectFrame(who.Token), false, nil
	case step == 1 && strings.HasPrefix(p, PacketConnect):
		if who.Room == "" {
			return nil, true, nil
		}
		return SubscribeFrame(who.Room), false, nil
	case step == 1 && strings.HasPrefix(p, PacketConnectError):
		return nil, false, fmt.Errorf("the server refused the connection: %.120q", packet)
	case step == 2 && p == PacketSubscribed:
		return nil, true, nil
	}
	return nil, false, unexpected(packet)
}

// Control implements Protocol.
func (SocketIO) Control(packet []byte) (answer []byte, known bool, err error) {
	switch string(packet) {
	case PacketPing:
		return PongFrame(), true, nil
	case PacketClose, PacketDisconnect:
		return nil, true, ended(packet)
	}
	return nil, false, nil
}

// Delivery implements Protocol.
func (SocketIO) Delivery(packet []byte) bool { return len(packet) > 2 }

// KeepAlive implements Protocol: it is the server that pings.
func (SocketIO) KeepAlive() []byte { return nil }

// Publish implements Protocol.
func (SocketIO) Publish(room string, size int) *Numbered { return PublishFrame(room, size) }

// Delivered implements Protocol.
func (SocketIO) Delivered(_ string, size int) Shape { return DeliveryShape(size) }

// LeavesOut implements Protocol.
func (SocketIO) LeavesOut() bool { return false }

func unexpected(packet []byte) error {
	return fmt.Errorf("unexpected packet during set-up: %.120q", packet)
}

func ended(packet []byte) error {
	return fmt.Errorf("ended by the server with packet %.120q", packet)
}
