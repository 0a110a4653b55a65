package socketio

import "madang"

// prefix begins the names of the channels that hold the rooms of the server API. They are not channels that clients can
// name: no key of another dialect can listen in a server's room.
const prefix = "$sio"

// NamespaceChannel returns the channel that all sockets of a namespace subscribe to.
func NamespaceChannel(app, namespace string) madang.Channel {
	return madang.Channel{App: app, Name: prefix + namespace}
}

// RoomChannel returns the channel of a room. The comma keeps namespaces and rooms apart, whatever slashes they have: a
// namespace cannot contain one.
func RoomChannel(app, namespace, room string) madang.Channel {
	return madang.Channel{App: app, Name: prefix + namespace + "," + room}
}
