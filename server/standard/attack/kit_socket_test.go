//go:build unix

package attack

import (
	"bufio"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"madang/internal/ws"
)

// A wire is the client's side of a WebSocket: texts alone. It is for one goroutine.
type wire struct {
	conn net.Conn
	in   *bufio.Reader
	ns   string // of Socket.IO, as packets name it: "/home,"; of the root nothing
}

// errClosed says that the server has ended a connection.
var errClosed = errors.New("closed")

// dialWire opens a WebSocket as the browser's pages do: with its cookies, and the origin that they have unless header says
// another.
func (b *browser) dialWire(target string, header http.Header) (*wire, error) {
	b.h.t.Helper()
	r := b.request(http.MethodGet, target, nil)
	r.Header.Set("Origin", "https://"+b.host)
	for name, all := range header {
		r.Header[name] = all
		if len(all) == 0 {
			r.Header.Del(name)
		}
	}
	r.Header.Set("Upgrade", "websocket")
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Sec-Websocket-Version", "13")
	r.Header.Set("Sec-Websocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")
	w := &wire{conn: b.h.dial()}
	w.in = bufio.NewReader(w.conn)
	_ = w.conn.SetDeadline(time.Now().Add(patience)) // it is only so that a test ends
	if err := r.Write(w.conn); err != nil {
		return nil, err
	}
	res, err := http.ReadResponse(w.in, r)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		defer func() { _ = w.conn.Close() }() // there is no more to come
		text, _ := io.ReadAll(io.LimitReader(res.Body, 1000))
		return nil, fmt.Errorf("%d %s", res.StatusCode, text)
	}
	return w, nil
}

// send writes texts, masked as a client must.
func (w *wire) send(texts ...string) {
	var b []byte
	for _, text := range texts {
		h := ws.AppendHeader(nil, ws.Text, false, len(text))
		h[1] |= 0x80
		var mask [4]byte
		_, _ = rand.Read(mask[:]) // it never fails
		b = append(append(b, h...), mask[:]...)
		for i := range len(text) {
			b = append(b, text[i]^mask[i%4])
		}
	}
	_, _ = w.conn.Write(b) // what does not arrive is not answered
}

// next returns the next text; errClosed at the end, which a close frame is too.
func (w *wire) next() (string, error) {
	for {
		var h [10]byte
		if _, err := io.ReadFull(w.in, h[:2]); err != nil {
			return "", errClosed
		}
		n := uint64(h[1] & 0x7f)
		var err error
		switch n {
		case 126:
			_, err = io.ReadFull(w.in, h[2:4])
			n = uint64(binary.BigEndian.Uint16(h[2:4]))
		case 127:
			_, err = io.ReadFull(w.in, h[2:10])
			n = binary.BigEndian.Uint64(h[2:10])
		}
		b := make([]byte, min(n, 1<<20))
		if _, err2 := io.ReadFull(w.in, b); err != nil || err2 != nil {
			return "", errClosed
		}
		switch ws.OpCode(h[0] & 0xf) {
		case ws.Text:
			return string(b), nil
		case ws.Close:
			return "", errClosed
		}
	}
}

// until returns the first text that has one of some texts in it.
func (w *wire) until(some ...string) (string, error) {
	for {
		text, err := w.next()
		if err != nil {
			return "", err
		}
		if text == "2" { // Engine.IO's ping
			w.send("3")
		}
		if w.ns != "" && text == "41"+w.ns {
			return "", errClosed
		}
		for _, s := range some {
			if strings.Contains(text, s) {
				return text, nil
			}
		}
	}
}

// over is closed when the server has ended the connection. Nobody else reads from then on.
func (w *wire) over() <-chan struct{} {
	c := make(chan struct{})
	go func() {
		defer close(c)
		for {
			text, err := w.next()
			if err != nil || strings.HasPrefix(text, "41"+w.ns) {
				return
			}
			if text == "2" {
				w.send("3")
			}
		}
	}()
	return c
}

// chat connects to the chat by Socket.IO, with a token in the handshake, or with none and the cookies alone. The error is the
// refusal.
func (b *browser) chat(token string, header http.Header) (*wire, error) {
	b.h.t.Helper()
	if token == "" {
		return b.join("/chat", nil, header)
	}
	return b.join("/chat", values{"token": token}, header)
}

// join connects to a namespace of Socket.IO. The error is the refusal.
func (b *browser) join(ns string, auth values, header http.Header) (*wire, error) {
	b.h.t.Helper()
	w, err := b.dialWire("/socket.io/?EIO=4&transport=websocket", header)
	if err != nil {
		return nil, err
	}
	if ns != "/" {
		w.ns = ns + ","
	}
	shown := ""
	if auth != nil {
		text, _ := json.Marshal(auth) // it has a JSON
		shown = string(text)
	}
	w.send("40" + w.ns + shown)
	answer, err := w.until("40"+w.ns, "44"+w.ns)
	if err != nil || strings.HasPrefix(answer, "44") {
		_ = w.conn.Close() // it was refused
		return nil, fmt.Errorf("%s: %w", answer, errors.Join(err, errClosed))
	}
	return w, nil
}

// call sends an event of the namespace and returns its acknowledgement.
func (w *wire) call(id int, name string, arg any) (string, error) {
	text, _ := json.Marshal([]any{name, arg}) // it has a JSON
	w.send(fmt.Sprintf("42%s%d%s", w.ns, id, text))
	return w.until(fmt.Sprintf("43%s%d[", w.ns, id))
}

// pusher connects by Pusher's protocol and returns the socket's id.
func (b *browser) pusher(header http.Header) (*wire, string, error) {
	b.h.t.Helper()
	w, err := b.dialWire("/app/key1?protocol=7&client=js&version=8.4.0", header)
	if err != nil {
		return nil, "", err
	}
	text, err := w.until("pusher:connection_established", "pusher:error")
	if err != nil {
		return nil, "", err
	}
	var m struct{ Data string }
	var data struct {
		ID string `json:"socket_id"`
	}
	if err := errors.Join(json.Unmarshal([]byte(text), &m), json.Unmarshal([]byte(m.Data), &data)); err != nil || data.ID == "" {
		return nil, "", fmt.Errorf("%s", text)
	}
	return w, data.ID, nil
}

// subscribe asks for a channel with what proves that one may, and returns whether it was granted.
func (w *wire) subscribe(channel string, data values) bool {
	data["channel"] = channel
	text, _ := json.Marshal(values{"event": "pusher:subscribe", "data": data}) // it has a JSON
	w.send(string(text))
	answer, err := w.until("subscription_succeeded", "subscription_error", "pusher:error")
	return err == nil && strings.Contains(answer, "subscription_succeeded")
}

// ably connects by Ably's protocol with a token and returns the first answer.
func (b *browser) ably(token string) (*wire, string, error) {
	b.h.t.Helper()
	w, err := b.dialWire("/?v=3&format=json&heartbeats=true&access_token="+url.QueryEscape(token), nil)
	if err != nil {
		return nil, "", err
	}
	text, err := w.until(`"action":4`, `"action":9`, `"error"`)
	if err != nil {
		return nil, "", err
	}
	if !strings.Contains(text, `"action":4`) {
		_ = w.conn.Close() // it was refused
		return nil, "", errors.New(text)
	}
	return w, text, nil
}
