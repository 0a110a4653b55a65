package socketio

import (
	"encoding/json"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"time"
)

// A Handshake is what a client said when it connected. It is kept in a compact form: most servers look at it once.
type Handshake struct {
	// Auth is the payload of the client's CONNECT, a JSON object; for clients before 3.x the query of the namespace.
	Auth json.RawMessage
	// Time of the connection.
	Time time.Time
	// Address of the client.
	Address string
	// URL of the request, without scheme and host.
	URL string
	// Secure says that the request came over TLS.
	Secure bool
	// XDomain says that the request came from a page of another origin.
	XDomain bool

	header string // lines
}

func newHandshake(r *http.Request, remote string, now time.Time) *Handshake {
	return &Handshake{
		Time: now, Address: remote, URL: strings.Clone(r.URL.RequestURI()), Secure: r.TLS != nil,
		XDomain: r.Header.Get("Origin") != "", header: headerLines(r),
	}
}

// headerLines keeps the headers without those that concern this one HTTP connection alone.
func headerLines(r *http.Request) string {
	var b strings.Builder
	_, _ = b.WriteString("Host: " + r.Host + "\r\n")
	_ = r.Header.WriteSubset(&b, map[string]bool{ // into memory: cannot fail
		"Connection": true, "Upgrade": true, "Sec-Websocket-Key": true, "Sec-Websocket-Version": true,
		"Sec-Websocket-Extensions": true,
	})
	return strings.Clone(b.String()) // without the builder's spare room
}

// Header returns one of the request's headers. Those of the WebSocket's own handshake are not kept.
func (h *Handshake) Header(key string) string {
	key = textproto.CanonicalMIMEHeaderKey(key)
	for line := range strings.SplitSeq(h.header, "\r\n") {
		if k, v, ok := strings.Cut(line, ": "); ok && k == key {
			return v
		}
	}
	return ""
}

// Headers returns all headers of the request, Host among them.
func (h *Handshake) Headers() http.Header {
	all := http.Header{}
	for line := range strings.SplitSeq(h.header, "\r\n") {
		if k, v, ok := strings.Cut(line, ": "); ok {
			all[k] = append(all[k], v)
		}
	}
	return all
}

// Query returns the parameters of the request's URL.
func (h *Handshake) Query() url.Values {
	_, raw, _ := strings.Cut(h.URL, "?")
	q, _ := url.ParseQuery(raw) // what could be read of it
	return q
}

// Token returns the field token of Auth, or "".
func (h *Handshake) Token() string {
	var auth struct {
		Token string `json:"token"`
	}
	if json.Unmarshal(h.Auth, &auth) != nil {
		return ""
	}
	return auth.Token
}
