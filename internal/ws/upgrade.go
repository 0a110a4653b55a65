package ws

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gobwas/httphead"
)

// keyGUID is what a server adds to the client's key (RFC 6455 §1.3).
const keyGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// answerTimeout is how long the answer to a handshake may take to be written. It only ever takes that long when the
// client has asked for a lot over the same connection before and not read it.
const answerTimeout = 10 * time.Second

// UpgradeOptions says what a server offers in a handshake.
type UpgradeOptions struct {
	// Deflate accepts permessage-deflate from clients that offer it, without context takeover on either side.
	Deflate bool
	// Header is added to the answer. The headers that belong to the handshake are not taken from it.
	Header http.Header
	// Protocol chooses one of the subprotocols that the client offers, in the client's order, or "" for none. It is
	// not called when there are none, and may be nil.
	Protocol func(offered []string) string
}

// Upgraded is a connection after its handshake.
type Upgraded struct {
	Conn     net.Conn // without deadlines; the caller's to close
	Buffered []byte   // what the client has sent already: the first bytes to feed the Parser
	Deflate  bool     // permessage-deflate is agreed on
	Protocol string   // the subprotocol that is agreed on, or ""
}

// A HandshakeError says why a request cannot become a WebSocket.
type HandshakeError struct {
	Status int         // HTTP status of the answer
	Header http.Header // headers that the status asks for; may be nil
	Text   string
}

func (e *HandshakeError) Error() string {
	return fmt.Sprintf("websocket handshake: %d: %s", e.Status, e.Text)
}

// IsUpgrade reports whether r asks for a WebSocket, rightly or wrongly; that is for [Upgrade] to find out.
func IsUpgrade(r *http.Request) bool {
	return hasToken(r.Header, "Connection", "upgrade") && hasToken(r.Header, "Upgrade", "websocket")
}

// Upgrade does the server's side of the opening handshake (RFC 6455 §4.2) and takes the connection from net/http. When
// it returns an error the request has been answered with the status of the *HandshakeError, or cannot be answered any
// more. Whether the Origin is welcome is for the caller to decide, before.
//
// The handler should return soon after: as long as it runs, net/http keeps its goroutine and its buffers.
func Upgrade(w http.ResponseWriter, r *http.Request, o UpgradeOptions) (*Upgraded, error) {
	up := new(Upgraded)
	answer, err := o.accept(r, up)
	if refused, ok := errors.AsType[*HandshakeError](err); ok {
		maps.Copy(w.Header(), refused.Header)
		http.Error(w, refused.Text, refused.Status)
		return nil, err
	}
	nc, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "this server cannot upgrade here", http.StatusInternalServerError)
		return nil, fmt.Errorf("websocket handshake: take over the connection: %w", err)
	}
	if n := rw.Reader.Buffered(); n > 0 {
		b, _ := rw.Reader.Peek(n) // they are there
		up.Buffered = bytes.Clone(b)
	}
	if err := write(nc, answer); err != nil {
		_ = nc.Close() // the write's error says it all
		return nil, fmt.Errorf("websocket handshake: answer: %w", err)
	}
	up.Conn = nc
	return up, nil
}

// write writes the answer in one go and leaves nc without deadlines.
func write(nc net.Conn, answer []byte) error {
	if err := nc.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return err
	}
	if _, err := nc.Write(answer); err != nil {
		return err
	}
	return nc.SetDeadline(time.Time{})
}

// accept checks r and returns the answer that accepts it, filling in what was agreed on.
func (o *UpgradeOptions) accept(r *http.Request, up *Upgraded) ([]byte, error) {
	key, err := checkRequest(r)
	if err != nil {
		return nil, err
	}
	offers, err := extensions(r.Header["Sec-Websocket-Extensions"])
	if err != nil {
		return nil, err
	}
	var extension string
	if o.Deflate {
		extension, up.Deflate = negotiateDeflate(offers)
	}
	offered := tokens(r.Header, "Sec-Websocket-Protocol")
	if slices.ContainsFunc(offered, func(s string) bool { return !isToken(s) }) {
		return nil, &HandshakeError{http.StatusBadRequest, nil, "Sec-WebSocket-Protocol is malformed"}
	}
	if len(offered) > 0 && o.Protocol != nil {
		up.Protocol = o.Protocol(offered)
		if up.Protocol != "" && !slices.Contains(offered, up.Protocol) {
			return nil, &HandshakeError{http.StatusInternalServerError, nil, "a subprotocol was chosen that was not offered"}
		}
	}
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ")
	b.WriteString(acceptance(key))
	b.WriteString("\r\n")
	if extension != "" {
		b.WriteString("Sec-WebSocket-Extensions: " + extension + "\r\n")
	}
	if up.Protocol != "" {
		b.WriteString("Sec-WebSocket-Protocol: " + up.Protocol + "\r\n")
	}
	own := map[string]bool{
		"Upgrade": true, "Connection": true, "Sec-Websocket-Accept": true, "Sec-Websocket-Extensions": true,
		"Sec-Websocket-Protocol": true, "Content-Length": true, "Transfer-Encoding": true,
	}
	// This replaces line breaks in values; a bytes.Buffer does not fail.
	_ = o.Header.WriteSubset(&b, own)
	b.WriteString("\r\n")
	return b.Bytes(), nil
}

// acceptance returns what a server shows that it has read a client's key (RFC 6455 §4.2.2).
func acceptance(key string) string {
	sum := sha1.Sum([]byte(key + keyGUID))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// checkRequest checks a client's handshake (RFC 6455 §4.2.1) and returns its key.
func checkRequest(r *http.Request) (key string, err error) {
	bad := func(text string) (string, error) {
		return "", &HandshakeError{http.StatusBadRequest, nil, text}
	}
	keys, versions := r.Header["Sec-Websocket-Key"], r.Header["Sec-Websocket-Version"]
	switch {
	case r.Method != http.MethodGet:
		return "", &HandshakeError{http.StatusMethodNotAllowed, http.Header{"Allow": {http.MethodGet}}, "a WebSocket begins with GET"}
	case r.ProtoMajor != 1 || r.ProtoMinor < 1:
		return "", &HandshakeError{http.StatusHTTPVersionNotSupported, nil, "a WebSocket begins with HTTP/1.1"}
	case r.Host == "":
		return bad("no Host")
	case !hasToken(r.Header, "Upgrade", "websocket"):
		return "", &HandshakeError{http.StatusUpgradeRequired,
			http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}}, "this is a WebSocket endpoint"}
	case !hasToken(r.Header, "Connection", "upgrade"):
		return bad("Connection does not say Upgrade")
	case len(versions) != 1 || versions[0] != "13":
		return "", &HandshakeError{http.StatusUpgradeRequired,
			http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"13"}},
			"Sec-WebSocket-Version is not 13"}
	case len(keys) != 1:
		return bad("not one Sec-WebSocket-Key")
	case r.ContentLength != 0:
		return bad("a WebSocket begins without a body")
	}
	raw, err := base64.StdEncoding.DecodeString(keys[0])
	if err != nil || len(raw) != 16 {
		return bad("Sec-WebSocket-Key is not 16 bytes in base64")
	}
	return keys[0], nil
}

// tokens returns the elements of a header that is a list, spread over any number of lines.
func tokens(h http.Header, name string) (list []string) {
	for _, line := range h[name] {
		for token := range strings.SplitSeq(line, ",") {
			if token = strings.Trim(token, " \t"); token != "" {
				list = append(list, token)
			}
		}
	}
	return list
}

// isToken reports whether s may be the name of a subprotocol (RFC 6455 §4.1), which the answer repeats.
func isToken(s string) bool {
	for i := range len(s) {
		if !httphead.OctetTypes[s[i]].IsToken() {
			return false
		}
	}
	return true
}

// hasToken reports whether a header that is a list has token, in any case.
func hasToken(h http.Header, name, token string) bool {
	return slices.ContainsFunc(tokens(h, name), func(t string) bool { return strings.EqualFold(t, token) })
}
