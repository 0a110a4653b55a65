package echo

import (
	"encoding/json"
	"fmt"
	"net/textproto"
	"strings"

	"madang"
	"madang/internal/convention"
)

// Bounds of what a client may send along with a subscription: an HTTP request has to carry it.
const (
	maxHeaders     = 64
	maxHeaderBytes = 16 << 10
)

// A subscription is what subscribe asks for.
type subscription struct {
	channel string
	auth    string // raw JSON of auth: what proves the right
}

// A clientEvent is what client event asks for.
type clientEvent struct {
	channel, event string
	data           json.RawMessage // nil: none
	quoted         bool            // it came inside a string, where attachments have no place
}

// parseSubscription reads the argument of subscribe; ok is false if there is no channel to subscribe to.
func parseSubscription(arg []byte) (s subscription, ok bool) {
	o := object(arg)
	s.channel, ok = channelName(o)
	s.auth = string(o["auth"])
	return s, ok
}

// parseUnsubscription reads the argument of unsubscribe and returns the channel's name.
func parseUnsubscription(arg []byte) (channel string, ok bool) { return channelName(object(arg)) }

// parseClientEvent reads the argument of client event: an object, or a string that holds one.
func parseClientEvent(arg []byte) (e clientEvent, ok bool) {
	o := object(arg)
	if inner, quoted := text(arg); quoted {
		o, e.quoted = object([]byte(inner)), true
	}
	if e.channel, ok = channelName(o); !ok {
		return e, false
	}
	e.event, ok = text(o["event"])
	e.data = o["data"]
	return e, ok && len(e.event) <= convention.MaxName
}

// object returns the members of a JSON object; none for anything else.
func object(raw []byte) map[string]json.RawMessage {
	var o map[string]json.RawMessage
	if len(raw) == 0 || json.Unmarshal(raw, &o) != nil {
		return nil
	}
	return o
}

// text returns a JSON string; ok is false for anything else.
func text(raw json.RawMessage) (s string, ok bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	return s, json.Unmarshal(raw, &s) == nil
}

// channelName returns the name of a channel; ok is false if no channel can have it. Reserved names are let through: that
// they are refused is worth an answer.
func channelName(o map[string]json.RawMessage) (name string, ok bool) {
	name, ok = text(o["channel"])
	return name, ok && (strings.HasPrefix(name, "$") && len(name) <= madang.MaxChannelName || madang.Channel{Name: name}.Validate() == nil)
}

// authHeaders puts the headers of a subscription's auth over those of the handshake. Values are strings, numbers or
// booleans; what cannot be a header is left out.
func authHeaders(auth string, header map[string][]string) error {
	given := object(object([]byte(auth))["headers"])
	size := 0
	for _, v := range given {
		size += len(v)
	}
	if len(given) > maxHeaders || size > maxHeaderBytes {
		return fmt.Errorf("auth.headers: %d headers of %d bytes, more than %d or %d: %w",
			len(given), size, maxHeaders, maxHeaderBytes, madang.ErrInvalid)
	}
	for k, raw := range given {
		v, quoted := text(raw)
		if !quoted {
			if v = string(raw); v == "null" || v[0] == '{' || v[0] == '[' {
				continue
			}
		}
		if isToken(k) && !strings.ContainsFunc(v, notInHeader) {
			header[textproto.CanonicalMIMEHeaderKey(k)] = []string{v}
		}
	}
	return nil
}

// isToken reports whether a text can be the name of a header (RFC 9110, section 5.6.2).
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}

// notInHeader reports whether a value with this character would be more than one header, or none.
func notInHeader(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
