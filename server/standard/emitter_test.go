//go:build unix

package standard

import (
	"net/http/httptest"
	"testing"

	"madang"
	"madang/broker/redis"
	"madang/dialect/socketio"
	"madang/inlet/emitter"
	"madang/internal/redistest"
)

// EmitterOn returns a server that is alone in its cluster but among others in Redis, whose own code does to rooms what its clients
// say.
func EmitterOn(t *testing.T, r *redistest.Server, key string) (url string) {
	t.Helper()
	hub := madang.New(madang.Config{})
	if err := hub.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	io, err := socketio.New(hub, socketio.Defaults(), socketio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	at := redis.Defaults()
	at.URL = r.URL()
	dial, err := redis.Dialer(at)
	if err != nil {
		t.Fatal(err)
	}
	c := emitter.Defaults()
	c.Enabled, c.Streams, c.Key, c.Stream = true, true, key, key
	in, err := emitter.New(c, emitter.Options{Dial: dial, Rooms: &roomsOf{io: io}, Node: hub.Node()})
	if err != nil {
		t.Fatal(err)
	}
	io.SetMirror(in)
	io.On("do", func(_ *socketio.Socket, e *socketio.Event) error { return obeyed(io.Of("/"), e) })
	if err := in.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(io)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
		if err := in.Close(); err != nil {
			t.Error(err)
		}
		if err := hub.Close(); err != nil {
			t.Error(err)
		}
	})
	return s.URL
}

// obeyed does what an event says: what to do, to which rooms, without which, and more.
func obeyed(ns *socketio.Namespace, e *socketio.Event) error {
	var what, event string
	var rooms, except, more []string
	var value any
	if err := e.Bind(&what, &rooms, &except); err != nil {
		return err
	}
	to := ns.To(rooms...).Except(except...)
	var err error
	switch what {
	case "emit":
		if err = e.Bind(&what, &rooms, &except, &event, &value); err == nil && e.Len() > 4 {
			err = to.Emit(event, value)
		} else if err == nil {
			err = to.Emit(event)
		}
	case "join":
		if err = e.Bind(&what, &rooms, &except, &more); err == nil {
			err = to.SocketsJoin(more...)
		}
	case "leave":
		if err = e.Bind(&what, &rooms, &except, &more); err == nil {
			err = to.SocketsLeave(more...)
		}
	default:
		err = to.DisconnectSockets()
	}
	if err != nil {
		return err
	}
	return e.Ack()
}
