//go:build unix

package standard_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"madang/internal/ws"
)

// A wire is the client's side of a WebSocket, cut for tests: texts, one reader, writers one at a time.
type wire struct {
	conn net.Conn
	in   *bufio.Reader
}

// dialWire opens a WebSocket at target of the server at url, with header lines.
func dialWire(ctx context.Context, url, target string, header ...string) (*wire, error) {
	host := strings.TrimPrefix(url, "http://")
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, err
	}
	w := &wire{conn, bufio.NewReader(conn)}
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n%s\r\n", target, host, lines(header))
	if err == nil {
		var res *http.Response
		if res, err = http.ReadResponse(w.in, nil); err == nil && res.StatusCode != http.StatusSwitchingProtocols {
			err = fmt.Errorf("upgrade answered %s", res.Status)
		}
	}
	if err != nil {
		_ = conn.Close() // the first error is the one to tell
		return nil, err
	}
	return w, nil
}

// lines are header lines as they are sent.
func lines(header []string) string {
	var b strings.Builder
	for _, h := range header {
		b.WriteString(h + "\r\n")
	}
	return b.String()
}

// frame makes the frame of a text, masked as a client must.
func frame(text string) []byte {
	h := ws.AppendHeader(nil, ws.Text, false, len(text))
	h[1] |= 0x80
	var mask [4]byte
	_, _ = rand.Read(mask[:]) // it never fails
	b := append(h, mask[:]...)
	for i := range len(text) {
		b = append(b, text[i]^mask[i%4])
	}
	return b
}

// send writes texts at once.
func (w *wire) send(texts ...string) error {
	var b []byte
	for _, s := range texts {
		b = append(b, frame(s)...)
	}
	_, err := w.conn.Write(b)
	return err
}

// next returns the next text. At a close frame, or the end of the connection, it returns io.EOF.
func (w *wire) next() (string, error) {
	for {
		var h [2]byte
		if _, err := io.ReadFull(w.in, h[:]); err != nil {
			return "", err
		}
		n := uint64(h[1] & 0x7f)
		var long [8]byte
		switch n {
		case 126:
			if _, err := io.ReadFull(w.in, long[:2]); err != nil {
				return "", err
			}
			n = uint64(binary.BigEndian.Uint16(long[:2]))
		case 127:
			if _, err := io.ReadFull(w.in, long[:]); err != nil {
				return "", err
			}
			n = binary.BigEndian.Uint64(long[:])
		}
		b := make([]byte, n)
		if _, err := io.ReadFull(w.in, b); err != nil {
			return "", err
		}
		switch ws.OpCode(h[0] & 0xf) {
		case ws.Text:
			return string(b), nil
		case ws.Close:
			return "", io.EOF
		}
	}
}
