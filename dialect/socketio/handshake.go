package socketio

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"
	"unique"
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

	shared unique.Handle[string] // header lines that clients of the same make have in common, kept once for all of them
	own    string                // the others
}

func newHandshake(r *http.Request, remote string, now time.Time) *Handshake {
	h := &Handshake{
		Time: now, Address: remote, URL: strings.Clone(r.URL.RequestURI()), Secure: r.TLS != nil,
		XDomain: r.Header.Get("Origin") != "",
	}
	h.keepHeaders(r)
	return h
}

// keepHeaders keeps the headers without those that concern this one HTTP connection alone.
func (h *Handshake) keepHeaders(r *http.Request) {
	var shared, own strings.Builder
	_, _ = shared.WriteString("Host: " + r.Host + "\r\n")
	for _, k := range slices.Sorted(maps.Keys(r.Header)) {
		to := &own
		switch k {
		case "Connection", "Upgrade", "Sec-Websocket-Key", "Sec-Websocket-Version", "Sec-Websocket-Extensions":
			continue
		case "Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Origin", "Pragma", "Priority", "User-Agent":
			to = &shared
		default:
			if strings.HasPrefix(k, "Sec-") {
				to = &shared
			}
		}
		for _, v := range r.Header[k] {
			_, _ = to.WriteString(k + ": " + v + "\r\n") // into memory: cannot fail
		}
	}
	h.shared, h.own = unique.Make(shared.String()), strings.Clone(own.String()) // without the builder's spare room
}

// lines calls f for each header line.
func (h *Handshake) lines(f func(key, value string) bool) {
	for _, part := range []string{h.shared.Value(), h.own} {
		for line := range strings.SplitSeq(part, "\r\n") {
			if k, v, ok := strings.Cut(line, ": "); ok && !f(k, v) {
				return
			}
		}
	}
}

// Header returns one of the request's headers. Those of the WebSocket's own handshake are not kept.
func (h *Handshake) Header(key string) string {
	key = textproto.CanonicalMIMEHeaderKey(key)
	for k, v := range h.lines {
		if k == key {
			return v
		}
	}
	return ""
}

// Headers returns all headers of the request, Host among them, except those of the WebSocket's own handshake.
func (h *Handshake) Headers() http.Header {
	all := http.Header{}
	for k, v := range h.lines {
		all[k] = append(all[k], v)
	}
	return all
}

// Query returns the parameters of the request's URL.
func (h *Handshake) Query() url.Values {
	_, raw, _ := strings.Cut(h.URL, "?")
	q, _ := url.ParseQuery(raw) // what could be read of it
	return q
}

// param returns a field of Auth that is a text, a number, true or false, as a parameter of the query would say it, or "": clients
// since 3.x have no query of a namespace.
func (h *Handshake) param(key string) string {
	var auth map[string]json.RawMessage
	if json.Unmarshal(h.Auth, &auth) != nil {
		return ""
	}
	raw := auth[key]
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	if len(raw) > 0 && raw[0] != '{' && raw[0] != '[' {
		return string(raw)
	}
	return ""
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
