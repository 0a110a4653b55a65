package client

import (
	"errors"
	"io"
	"testing"

	"madang/internal/ws"
)

// nowhere is a connection on which nothing happens.
type nowhere struct{ io.Reader }

func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) Close() error                { return nil }

// FuzzMessages lets a server say anything. Whatever it is, the client takes it or ends, keeps to its bounds, and blames the
// server.
func FuzzMessages(f *testing.F) {
	const open = `0{"sid":"s","pingInterval":25000,"pingTimeout":20000}`
	f.Add(`42/home,7["told",{"a":[1,"안녕"]}]`, []byte("x"))
	f.Add(`451-/home,["told",{"_placeholder":true,"num":0}]`, []byte{1, 2, 3})
	f.Add(`43/home,0["answer"]`, []byte{})
	f.Add(`44/home,{"message":"no"}`, []byte{})
	f.Add(`41/home,`, []byte{})
	f.Add(open, []byte{})
	f.Fuzz(func(t *testing.T, text string, binary []byte) {
		c := &Conn{
			config: Config{MaxMessage: 1 << 16, MaxQueue: 1 << 10, Events: map[string]func(*Event){"told": func(*Event) {}}}, namespace: "/home",
			rw: nowhere{}, joined: make(chan struct{}), done: make(chan struct{}), calls: map[uint64]chan Args{0: make(chan Args, 1)},
		}
		c.out.init(c.config.MaxQueue)
		c.in.init(c.config.MaxQueue)
		r := &reader{Conn: c}
		defer c.end(ErrClosed)
		for _, m := range []ws.Message{
			{Op: ws.Text, Data: []byte(open)}, {Op: ws.Text, Data: []byte(`40/home,{"sid":"mine"}`)},
			{Op: ws.Text, Data: []byte(text)}, {Op: ws.Binary, Data: binary}, {Op: ws.Text, Data: []byte(text)},
		} {
			err := r.message(m)
			if c.in.size > c.config.MaxQueue || len(c.out.b) > c.config.MaxQueue {
				t.Fatalf("%d bytes wait to be handled, %d to be written", c.in.size, len(c.out.b))
			}
			if err == nil {
				continue
			}
			refused := new(RefusedError)
			for _, known := range []error{ErrProtocol, ErrDisconnected, ErrLost, ErrFull} {
				if errors.Is(err, known) {
					return
				}
			}
			if !errors.As(err, &refused) {
				t.Fatalf("%q ended it by %v", m.Data, err)
			}
			return
		}
	})
}
