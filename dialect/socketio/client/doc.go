// Package client is a client of Socket.IO servers: protocol revision 5 over Engine.IO 4 (Socket.IO 3.x and 4.x), by WebSocket.
//
//	c, err := client.Dial(ctx, client.Config{
//		URL:    "https://madang.example/home", // as in io("https://madang.example/home")
//		Auth:   map[string]string{"token": "…"},
//		Events: map[string]func(*client.Event){"command": func(e *client.Event) { … }},
//	})
//	if err != nil { … }
//	defer c.Close()
//	reply, err := c.Call(ctx, "device.hello", devices)
//
// A [Conn] is one connection to one namespace, from Dial until it ends; [Keep] makes connections one after another.
//
// Everything is bounded: messages by Config.MaxMessage, what waits to be written and what waits to be handled by
// Config.MaxQueue, open calls by MaxCalls. A connection whose events are handled too slowly ends; nothing is lost in silence.
//
// Not offered: HTTP long-polling, protocol revision 4, compression, connection state recovery, several namespaces on one
// connection.
package client
