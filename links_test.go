package madang_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"madang"
)

// wordy is a dialect with a word for everything: a record of text.
type wordy struct{}

func (wordy) Encode(dst []byte, e *madang.Event) ([]byte, error) {
	text := ""
	switch {
	case e.Ask != 0:
		text = fmt.Sprintf("ask %d %s", e.Ask, e.Message.Data)
	case e.Kind == madang.MessageEvent:
		text = string(e.Message.Data)
	case e.Kind == madang.EnterEvent:
		text = fmt.Sprintf("enter %s %v %s", e.Member.User, e.First, e.Member.Data)
	case e.Kind == madang.UpdateEvent:
		text = fmt.Sprintf("update %s %s", e.Member.User, e.Member.Data)
	case e.Kind == madang.LeaveEvent:
		text = fmt.Sprintf("leave %s %v", e.Member.User, e.Last)
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(text)))
	return append(dst, text...), nil
}

// A valve is a link that takes as many bytes as it has been given room for.
type valve struct {
	line *madang.Line
	conn *madang.Conn
	held madang.Held
	on   func(record string) // called for each whole unit, on the flusher

	mu     sync.Mutex
	room   int // bytes; negative: no end
	rest   []byte
	got    []byte
	seen   int // bytes of got that on was told
	closed []madang.CloseReason
}

func (v *valve) Flush(b *madang.Batch) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.closed) > 0 {
		return 0, net.ErrClosed
	}
	n := len(b.Bytes())
	if v.room >= 0 {
		n = min(n, v.room)
		v.room -= n
	}
	units, rest := b.Cut(n)
	v.got = append(v.got, b.Bytes()[:n]...)
	if v.rest = rest; len(rest) > 0 {
		b.Keep(len(rest))
	}
	v.tell()
	return units, nil
}

func (v *valve) tell() {
	if v.on == nil {
		return
	}
	rs, left := split(v.got[v.seen:])
	v.seen = len(v.got) - left
	for _, r := range rs {
		v.on(r)
	}
}

// give makes room for n more bytes; negative: for all.
func (v *valve) give(n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.room = n; n < 0 {
		n = len(v.rest)
	}
	n = min(n, len(v.rest))
	v.got = append(v.got, v.rest[:n]...)
	v.rest = v.rest[n:]
	if v.room > 0 {
		v.room -= n
	}
	if len(v.rest) == 0 {
		v.line.Ready()
	}
}

func (v *valve) Farewell(r madang.CloseReason) []byte { return record([]byte("bye " + r.String())) }

func (v *valve) Close(r madang.CloseReason) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.closed = append(v.closed, r)
}

// records returns what came whole.
func (v *valve) records() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	rs, _ := split(v.got)
	return rs
}

func (v *valve) text() string { return strings.Join(v.records(), ",") }

// ended returns why the link was closed, or an empty text.
func (v *valve) ended() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.closed) > 1 {
		return fmt.Sprint("closed more than once: ", v.closed)
	}
	if len(v.closed) == 0 {
		return ""
	}
	return v.closed[0].String()
}

func split(b []byte) (rs []string, left int) {
	for len(b) >= 4 && len(b) >= 4+int(binary.BigEndian.Uint32(b)) {
		n := 4 + int(binary.BigEndian.Uint32(b))
		rs = append(rs, string(b[4:n]))
		b = b[n:]
	}
	return rs, len(b)
}

// An owner ends its line when the hub wants the connection to end.
type owner struct {
	line *madang.Line

	mu      sync.Mutex
	closed  []madang.CloseReason
	revoked []string
}

func (o *owner) Disconnect(r madang.CloseReason) { o.line.Close(r) }

func (o *owner) Closed(r madang.CloseReason) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = append(o.closed, r)
}

func (o *owner) Revoked(c madang.Channel) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.revoked = append(o.revoked, c.Name)
}

// connect opens a link that takes everything, and connects a user of it.
func connect(t testing.TB, h *madang.Hub, p *madang.Principal, d madang.Dialect) (*valve, *madang.Conn) {
	t.Helper()
	v := &valve{room: -1}
	line, err := h.Open(v)
	if err != nil {
		t.Fatal(err)
	}
	v.line = line
	o := &owner{line: line}
	c, err := line.Connect(t.Context(), madang.ConnRequest{Dialect: d, Principal: p, Owner: o})
	if err != nil {
		t.Fatal(err)
	}
	v.conn = c
	return v, c
}

// sub subscribes and opens at once.
func sub(t testing.TB, c *madang.Conn, mask madang.Mask, names ...string) {
	t.Helper()
	for _, name := range names {
		s, err := c.Subscribe(context.Background(), madang.Channel{Name: name}, madang.SubscribeOptions{Mask: mask})
		if err != nil {
			t.Fatal(err)
		}
		s.Open()
	}
}

func user(name string) *madang.Principal { return &madang.Principal{User: name} }

func yes() []madang.Policy {
	return []madang.Policy{madang.PolicyFunc(func(context.Context, madang.AccessRequest) (*madang.Grant, error) {
		return &madang.Grant{}, nil
	})}
}
