// Package gateway lets the clients of a Socket.IO namespace call the hub's procedures: an event is a call, its first
// argument the procedure's, and the reply the acknowledgement, as with a gateway of NestJS.
//
//	socket.emit('sendMessage', {room: 'lobby', message: 'hi'}, (reply) => …)
package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"madang"
	"madang/dialect/socketio"
)

// welcomeTime is how long Options.Welcome may take.
const welcomeTime = 30 * time.Second

// Options are what a gateway may be given.
type Options struct {
	// Welcome is called for each socket that has connected, before its first event is handled. If it fails the
	// client's connection ends in a way after which clients come back by themselves.
	Welcome func(context.Context, *madang.Conn) error
	// Missed returns what a client is told with the event sync, when something may have been lost that was sent to it in some
	// channels, or, if there are none, anywhere. A client that can be recovered is not told so but has to connect anew, which
	// is what every client understands. Nil: nobody is told.
	Missed func([]madang.Channel) any
	// Events are the procedures that can be called; nil: all that the hub has.
	Events []string
	// Log gets what clients are not told; nil: nothing is logged.
	Log *slog.Logger
}

// Bind makes a namespace a gateway. The procedures must be registered before. Events that are no procedure's name have
// no handler, and what is registered with Namespace.On afterwards replaces what Bind did for an event of that name.
//
// A call that fails is told as Socket.Exception says: {"error":{"code","message"}} to the acknowledgement, or the event
// exception if the client wants none. A client that wants none gets no reply.
func Bind(ns *socketio.Namespace, hub *madang.Hub, o Options) error {
	names := hub.Procedures()
	if o.Events == nil {
		o.Events = names
	}
	for _, e := range o.Events {
		if !slices.Contains(names, e) {
			return fmt.Errorf("gateway %s: the hub has no procedure %q: %w", ns.Name(), e, madang.ErrNotFound)
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	for _, e := range o.Events {
		ns.On(e, call)
	}
	if o.Welcome != nil {
		ns.OnConnection(func(s *socketio.Socket) { welcome(s, o) })
	}
	if o.Missed != nil {
		ns.OnMissed(func(s *socketio.Socket, in []madang.Channel) { missed(s, o, in) })
	}
	return nil
}

// welcome lets a feature take the connection in.
func welcome(s *socketio.Socket, o Options) {
	ctx, done := context.WithTimeout(s.Context(), welcomeTime)
	defer done()
	err := o.Welcome(ctx, s.Conn())
	if err == nil || s.Context().Err() != nil {
		return
	}
	o.Log.Error("a connection could not be welcomed and was ended", "conn", s.ID(), "namespace", s.Namespace().Name(), "error", err)
	if errors.Is(err, madang.ErrInvalid) || errors.Is(err, madang.ErrForbidden) {
		s.Disconnect(false) // it would be no better the next time
		return
	}
	s.Session().End(madang.CloseError)
}

// syncEvent tells a client that something may be lost.
const syncEvent = "sync"

// missed tells a client that something may be lost.
func missed(s *socketio.Socket, o Options, in []madang.Channel) {
	if s.Recoverable() {
		s.Restart()
		return
	}
	if err := s.Tell(syncEvent, o.Missed(in)); err != nil {
		o.Log.Error("a client could not be told what it has missed", "conn", s.ID(), "error", err)
	}
}

// call is the handler of every event of a gateway.
func call(s *socketio.Socket, e *socketio.Event) error {
	reply, err := s.Conn().Call(e.Context(), e.Name, e.Raw(0))
	if err != nil {
		return err
	}
	m := &madang.Message{Data: []byte("[]"), Type: madang.Args}
	if len(reply) > 0 {
		m.Data = slices.Concat([]byte("["), reply, []byte("]"))
	}
	return e.AckForward(m)
}
