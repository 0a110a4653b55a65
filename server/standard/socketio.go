package standard

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"

	"madang/dialect/socketio"
	"madang/server"
)

// chatNamespace is where Socket.IO clients chat.
const chatNamespace = "/chat"

// chatGuard is who may come to the chat, and what the others are told, unless the configuration says otherwise.
func chatGuard() socketio.NamespaceConfig {
	return socketio.NamespaceConfig{Guard: "api", Mode: socketio.Reject}
}

// socketIODefaults guards the namespace of the chat.
func socketIODefaults() socketio.Config {
	c := socketio.Defaults()
	c.Namespaces = map[string]socketio.NamespaceConfig{chatNamespace: chatGuard()}
	return c
}

// guardChat keeps the guard of the chat where the configuration speaks of namespaces and does not name it: a map in a file
// takes the place of the default as a whole.
func guardChat(_ *server.Config, c *socketio.Config) error {
	chat, usual := c.Namespaces[chatNamespace], chatGuard()
	chat.Guard, chat.Mode = cmp.Or(chat.Guard, usual.Guard), cmp.Or(chat.Mode, usual.Mode)
	all := map[string]socketio.NamespaceConfig{}
	maps.Copy(all, c.Namespaces)
	all[chatNamespace] = chat
	c.Namespaces = all
	return nil
}

// ofApp puts the connections into an app, the first one unless another is named, and lets pages connect from where that
// app's rules allow it, unless socketio.origins says otherwise.
func ofApp(base *server.Config, c *socketio.Config) error {
	if err := firstApp(base, &c.App); err != nil {
		return err
	}
	if app := base.App(c.App); app != nil && len(c.Origins) == 0 {
		c.Origins = app.Origins
	}
	return nil
}

func openSocketIO(_ context.Context, s *server.Site, c socketio.Config) (*socketio.Server, error) {
	for name, ns := range c.Namespaces {
		if ns.Guard != "" && !s.Hub.HasGuard(ns.Guard) {
			return nil, fmt.Errorf("socketio.namespaces: the guard of %s is %q, which this server does not have; use api, or leave it "+
				"empty to let everybody in", name, ns.Guard)
		}
	}
	return socketio.New(s.Hub, c, socketio.Options{Log: s.Log})
}

func socketIORoutes(s *socketio.Server) map[string]http.Handler {
	return map[string]http.Handler{s.Path(): s}
}
