package standard

import (
	"context"
	"net/http"

	"madang/dialect/socketio"
	"madang/server"
)

// chatNamespace is where Socket.IO clients chat.
const chatNamespace = "/chat"

// socketIODefaults guards the namespace of the chat.
func socketIODefaults() socketio.Config {
	c := socketio.Defaults()
	c.Namespaces = map[string]socketio.NamespaceConfig{chatNamespace: {Guard: "api", Mode: socketio.Reject}}
	return c
}

func openSocketIO(_ context.Context, s *server.Site, c socketio.Config) (*socketio.Server, error) {
	return socketio.New(s.Hub, c, socketio.Options{Log: s.Log})
}

func socketIORoutes(s *socketio.Server) map[string]http.Handler {
	return map[string]http.Handler{s.Path(): s}
}
