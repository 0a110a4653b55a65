// Package socketio speaks Socket.IO: the protocol's revisions 4 and 5 over Engine.IO 3 and 4, so that clients from 1.x to
// 4.x connect as they are, and a server API for Go programs in the manner of the original's.
//
//	io := srv.Of("/chat")
//	io.OnConnection(func(s *socketio.Socket) { s.Join("lobby") })
//	io.On("say", func(s *socketio.Socket, e *socketio.Event) error {
//		var text string
//		if err := e.Bind(&text); err != nil {
//			return err
//		}
//		return s.To("lobby").Emit("said", text)
//	})
//
// A [Server] is an [http.Handler] for one path and shares its port with any other handler. It is a dialect of the hub:
// rooms are channels under a reserved prefix ([RoomChannel]), an emit is a publication, and what other dialects publish
// in channels that a socket subscribes to arrives as events of the same name.
//
// Sources: the documentation of Socket.IO and Engine.IO (protocol revisions 4 and 5, 3 and 4), and the behaviour of
// socket.io 4.8.
package socketio
