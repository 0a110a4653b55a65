package siotest

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"madang/internal/memnet"
	"madang/internal/ws"
)

// A Socket is a session by WebSocket, or the WebSocket to which a polling session moves.
type Socket struct {
	Answer *http.Response // to the upgrade
	SID    string         // of a session of its own
	Mute   bool           // does not answer pings
	nc     *memnet.Conn
	br     *bufio.Reader
	inf    ws.Inflater
}

// Dial opens a WebSocket; target is like "/socket.io/?EIO=4".
func (n *Net) Dial(t testing.TB, target string, h http.Header) *Socket {
	t.Helper()
	s, err := n.dial(t.Context(), target, h)
	if err != nil {
		t.Fatalf("websocket %s: %v", target, err)
	}
	t.Cleanup(s.Drop)
	if s.Answer.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("websocket %s: %s", target, s.Answer.Status)
	}
	return s
}

// TryDial is Dial for a handshake that may be refused.
func (n *Net) TryDial(t testing.TB, target string, h http.Header) *http.Response {
	t.Helper()
	s, err := n.dial(t.Context(), target, h)
	if err != nil {
		t.Fatalf("websocket %s: %v", target, err)
	}
	t.Cleanup(s.Drop)
	return s.Answer
}

func (n *Net) dial(ctx context.Context, target string, h http.Header) (*Socket, error) {
	nc, err := n.l.Dial(ctx)
	if err != nil {
		return nil, err
	}
	r := Request(ctx, http.MethodGet, target+"&transport=websocket", "", h)
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "websocket")
	r.Header.Set("Sec-Websocket-Version", "13")
	r.Header.Set("Sec-Websocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
	r.Body = nil
	if err := r.Write(nc); err != nil {
		return nil, err
	}
	s := &Socket{nc: nc, br: bufio.NewReader(nc)}
	s.Answer, err = http.ReadResponse(s.br, r)
	return s, err
}

// Session opens a WebSocket and reads the handshake of its session.
func (n *Net) Session(t testing.TB, target string, h http.Header) *Socket {
	t.Helper()
	s := n.Dial(t, target, h)
	open := s.Next(t)
	_, s.SID, _ = strings.Cut(open, `"sid":"`)
	s.SID, _, _ = strings.Cut(s.SID, `"`)
	if !strings.HasPrefix(open, "0{") || s.SID == "" {
		t.Fatalf("handshake: %q", open)
	}
	return s
}

// Join joins a namespace ("" is the root one), with a payload or without, and returns the answer.
func (s *Socket) Join(t testing.TB, namespace, auth string) string {
	t.Helper()
	prefix := ""
	if namespace != "" {
		prefix = namespace + ","
	}
	s.Send("40" + prefix + auth)
	return s.Until(t, "4", "0"+prefix, "4"+prefix)
}

// Send sends messages of text, in one write. Nothing is said if the connection is gone.
func (s *Socket) Send(texts ...string) {
	var out []byte
	for _, text := range texts {
		out = appendMasked(out, ws.Text, []byte(text))
	}
	s.write(out)
}

// SendBinary sends a message of bytes.
func (s *Socket) SendBinary(b []byte) { s.write(appendMasked(nil, ws.Binary, b)) }

func (s *Socket) write(b []byte) {
	_, _ = s.nc.Write(b) // a connection that has ended shows when it is read
}

// appendMasked appends a client's frame, whose mask is that of a constant.
func appendMasked(dst []byte, op ws.OpCode, payload []byte) []byte {
	head := ws.AppendHeader(nil, op, false, len(payload))
	head[1] |= 0x80
	mask := [4]byte{1, 2, 3, 4}
	dst = append(append(dst, head...), mask[:]...)
	for i, c := range payload {
		dst = append(dst, c^mask[i%4])
	}
	return dst
}

// Frame returns the next frame, its payload inflated. A close frame, and the connection's end, are errors.
func (s *Socket) Frame() (ws.Frame, error) {
	_ = s.nc.SetReadDeadline(time.Now().Add(patience)) // never fails
	head := make([]byte, 2, 10)
	if _, err := io.ReadFull(s.br, head); err != nil {
		return ws.Frame{}, err
	}
	n := int(head[1])
	if size := map[byte]int{126: 2, 127: 8}[head[1]]; size > 0 {
		long := make([]byte, 8)
		if _, err := io.ReadFull(s.br, long[8-size:]); err != nil {
			return ws.Frame{}, err
		}
		n = int(binary.BigEndian.Uint64(long))
	}
	f := ws.Frame{Op: ws.OpCode(head[0] & 0xf), Fin: head[0]&0x80 != 0, Compressed: head[0]&0x40 != 0, Payload: make([]byte, n)}
	if _, err := io.ReadFull(s.br, f.Payload); err != nil {
		return ws.Frame{}, err
	}
	var err error
	if f.Compressed {
		f.Payload, err = s.inf.Append(nil, f.Payload, 1<<30)
	}
	if f.Op == ws.Close {
		err = &ws.CloseError{Code: ws.CodeNoStatus}
		if len(f.Payload) >= 2 {
			err = &ws.CloseError{Code: int(binary.BigEndian.Uint16(f.Payload)), Text: string(f.Payload[2:])}
		}
	}
	return f, err
}

// Next returns the next packet, with the bytes of binary ones in hexadecimal behind "b:". It answers pings.
func (s *Socket) Next(t testing.TB) string {
	t.Helper()
	text, err := s.next()
	if err != nil {
		t.Fatalf("waiting for a packet: %v", err)
	}
	return text
}

func (s *Socket) next() (string, error) {
	for {
		f, err := s.Frame()
		switch {
		case err != nil:
			return "", err
		case f.Op == ws.Binary:
			return fmt.Sprintf("b:%x", f.Payload), nil
		case string(f.Payload) == "2":
			if !s.Mute {
				s.Send("3")
			}
		default:
			return string(f.Payload), nil
		}
	}
}

// Until drops packets until one begins with head and one of the tails, and returns it.
func (s *Socket) Until(t testing.TB, head string, tails ...string) string {
	t.Helper()
	if tails == nil {
		tails = []string{""}
	}
	for {
		text := s.Next(t)
		for _, tail := range tails {
			if strings.HasPrefix(text, head+tail) {
				return text
			}
		}
	}
}

// Ended drops packets until the connection ends, and returns how: the error of a close frame, or of the connection.
func (s *Socket) Ended(t testing.TB) error {
	t.Helper()
	for {
		if _, err := s.next(); err != nil {
			return err
		}
	}
}

// Stall makes the client stop or go on reading.
func (s *Socket) Stall(on bool) { s.nc.Stall(on) }

// Drop cuts the connection.
func (s *Socket) Drop() { _ = s.nc.Abort() } // never fails
