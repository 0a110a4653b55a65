package standard

import (
	"context"
	"time"

	"madang"
	"madang/chat"
	"madang/dialect/socketio"
	"madang/dialect/socketio/gateway"
	"madang/server"
)

// storeTime is how long the store may take while the server is being put together.
const storeTime = 30 * time.Second

// joins connects the parts that do not know each other.
func joins() []server.Join {
	return []server.Join{chatOverSocketIO, echoOverSocketIO, ablyInChat, faceOfAccounts, devicesOverSocketIO, devicesInTongues, displayOverSocketIO, pagesOfDevices}
}

// chatOverSocketIO makes the chat's procedures events of the namespace /chat, and its connections welcome there.
func chatOverSocketIO(s *server.Site) error {
	hub, err := server.Find[*madang.Hub](s)
	if err != nil {
		return err
	}
	io, err := server.Find[*socketio.Server](s)
	if err != nil {
		return err
	}
	f, err := server.Find[*chat.Feature](s)
	if err != nil {
		return err
	}
	ctx, done := context.WithTimeout(context.Background(), storeTime)
	defer done()
	if err := f.EnsureLobby(ctx, io.Config().App); err != nil {
		return err
	}
	return gateway.Bind(io.Of(chatNamespace), hub, gateway.Options{
		Welcome: f.Welcome, Missed: func(in []madang.Channel) any { return chat.Missed(in) }, Log: s.Log,
	})
}
