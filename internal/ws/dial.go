package ws

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"

	gobwas "github.com/gobwas/ws"
)

// maxRefusal is how much of a server's refusal is read.
const maxRefusal = 4 << 10

// A RefusedError is a server's answer to a handshake that is no WebSocket's.
type RefusedError struct {
	Status int    // HTTP status
	Body   string // its beginning
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("websocket handshake: the server answered %d %s", e.Status, http.StatusText(e.Status))
}

// Dial does the client's side of the opening handshake (RFC 6455 §4.1), without extensions, at an address of http or https.
// What c says of TLS, proxies and time holds, its Timeout for the handshake alone; ctx ends the handshake and nothing after
// it. The error is a *RefusedError if the server is there and has answered something else.
func Dial(ctx context.Context, c *http.Client, address string, header http.Header) (io.ReadWriteCloser, error) {
	own := *c // a client with a Timeout would end the connection after it, and not let it be written to
	own.Timeout = 0
	if c.Timeout > 0 {
		var done context.CancelFunc
		ctx, done = context.WithTimeout(ctx, c.Timeout)
		defer done()
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("websocket handshake: %w", err)
	}
	if header != nil {
		r.Header = header.Clone()
	}
	var nonce [16]byte
	_, _ = rand.Read(nonce[:]) // never fails
	key := base64.StdEncoding.EncodeToString(nonce[:])
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-Websocket-Version": "13", "Sec-Websocket-Key": key,
	} {
		r.Header.Set(name, value)
	}
	res, err := own.Do(r)
	if err != nil {
		return nil, fmt.Errorf("websocket handshake: %w", err)
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(io.LimitReader(res.Body, maxRefusal)) // what there is of it
		_ = res.Body.Close()                                        // nothing of it is needed
		return nil, &RefusedError{res.StatusCode, string(body)}
	}
	rw, ok := res.Body.(io.ReadWriteCloser)
	switch {
	case !ok:
		err = errors.New("the HTTP client does not let connections be taken over")
	case !hasToken(res.Header, "Upgrade", "websocket"), res.Header.Get("Sec-Websocket-Accept") != acceptance(key):
		err = errors.New("the server's answer is none to this key")
	case len(res.Header["Sec-Websocket-Extensions"]) > 0, len(res.Header["Sec-Websocket-Protocol"]) > 0:
		err = errors.New("the server chose an extension or a subprotocol that was not offered")
	default:
		return rw, nil
	}
	_ = res.Body.Close() // the other error says more
	return nil, fmt.Errorf("websocket handshake: %w", err)
}

// AppendMasked appends a client's frame: a whole message, or a control frame of at most 125 bytes.
func AppendMasked(dst []byte, op OpCode, payload []byte) []byte {
	at := len(dst)
	dst = AppendHeader(dst, op, false, len(payload))
	dst[at+1] |= 0x80
	var mask [4]byte
	_, _ = rand.Read(mask[:]) // never fails
	dst = append(append(dst, mask[:]...), payload...)
	gobwas.Cipher(dst[len(dst)-len(payload):], mask, 0)
	return dst
}

// ClosePayload returns the payload of a close frame with a code, for AppendMasked.
func ClosePayload(code int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(code)) }
