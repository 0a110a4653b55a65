package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"madang"
)

// The events that clients hear. Each has one JSON object.
const (
	eventMessage   = string(EventMessageCreated) // a MessageView, to the room
	eventRead      = "read"                      // {room, user, seq}, to the room; see Config.ReceiptMembers
	eventUnread    = "unread"                    // {room, unread, total}, to the user
	eventPresence  = "presence"                  // {user, online, last_seen}, to the user's rooms
	eventRoomAdded = "room.added"                // a RoomView, to the user
	eventRoomGone  = "room.removed"              // {id}, to the user
	eventJoined    = "member.joined"             // {room, user, name}, to the room
	eventLeft      = "member.left"               // {room, user, name}, to the room
)

// roomPrefix begins the names of rooms' channels. Clients cannot name them: membership is the only way in.
const roomPrefix = "$chat/"

// onlineName is the presence set of everybody who is connected to an app's chat.
const onlineName = "$online"

// RoomChannel returns the channel in which a room's events are published, as JSON objects under the events' names. It is
// reserved: connections come in by Welcome.
func RoomChannel(ref RoomRef) madang.Channel {
	return madang.Channel{App: ref.App, Name: roomPrefix + ref.ID}
}

// OnlineChannel returns the presence set of everybody who is connected to an app's chat, on whatever node.
func OnlineChannel(app string) madang.Channel { return madang.Channel{App: app, Name: onlineName} }

// roomOf returns the room of a channel.
func roomOf(c madang.Channel) (RoomRef, bool) {
	id, ok := strings.CutPrefix(c.Name, roomPrefix)
	return RoomRef{App: c.App, ID: id}, ok
}

// event makes a message of an event. User is who caused it.
func event(to madang.Channel, name, user string, payload any) *madang.Message {
	return &madang.Message{
		Name: name, Channel: to, Data: encode(payload), Type: madang.JSON, Sender: madang.Sender{User: user},
	}
}

func encode(payload any) json.RawMessage {
	data, err := json.Marshal(payload)
	if err != nil {
		panic(fmt.Sprintf("chat: %T: %v", payload, err)) // plain structs of this package always have a JSON form
	}
	return data
}

// tell publishes events that only repeat what is in the store: if that fails, clients learn it when they next ask.
func (f *Feature) tell(ctx context.Context, ms ...*madang.Message) {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), publishTime)
	defer done()
	if _, err := f.hub.Publish(ctx, ms...); err != nil {
		f.log.Warn("chat: an event could not be published", "event", ms[0].Name, "channel", ms[0].Channel.String(), "error", err)
	}
}
