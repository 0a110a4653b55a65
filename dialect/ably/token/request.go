package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// Limits of a token request.
const (
	MaxRequest = 128 << 10 // bytes of its JSON
	MinNonce   = 16        // characters
	maxNonce   = 255
)

// A Request asks for a token. All members are texts as they came, because that is what is signed: a number and the same
// number in quotes are one, and {"a":["*"]} and { "a": ["*"] } are two.
type Request struct {
	KeyName    string
	TTL        string // milliseconds; empty: 60 minutes
	Capability string // JSON; empty: the key's
	ClientID   string // empty: nobody in particular, "*": whoever it says it is
	Timestamp  string // milliseconds since 1970
	Nonce      string
	MAC        string // base64; empty: not signed
}

// ParseRequest reads a token request, or token parameters without a signature, from JSON. Members that it does not know
// are passed over. The errors are *[Error].
func ParseRequest(body []byte) (*Request, error) {
	if len(body) > MaxRequest {
		return nil, refuse(CodeBadBody, "the token request has %d bytes, more than %d", len(body), MaxRequest)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return nil, refuse(CodeBadBody, "the token request is not a JSON object")
	}
	r := &Request{}
	for _, m := range []struct {
		name  string
		other byte // kind besides strings
		field *string
	}{
		{"keyName", '"', &r.KeyName}, {"ttl", '0', &r.TTL}, {"capability", '{', &r.Capability},
		{"timestamp", '0', &r.Timestamp}, {"nonce", '"', &r.Nonce}, {"mac", '"', &r.MAC},
	} {
		text, kind := scalar(members[m.name])
		if kind != 0 && kind != '"' && kind != m.other {
			return nil, refuse(CodeBadValue, "%s of the token request has the wrong type", m.name)
		}
		*m.field = text
		if m.name == "ttl" && kind == '0' && text == "0" {
			*m.field = "" // clients sign the number 0 as if it were not there
		}
	}
	clientID, kind := scalar(members["clientId"])
	if kind != 0 && kind != '"' {
		return nil, refuse(CodeClientID, "the clientId is not a string")
	}
	r.ClientID = clientID
	if kind != 0 && clientID != wildcard {
		if err := checkClientID(clientID); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// scalar returns a JSON value as the text that a client signs, and what it is: a quote for a string, 0 for a number, a
// brace for an object, another letter for what nobody signs, and the zero byte for nothing.
func scalar(raw json.RawMessage) (text string, kind byte) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", 0
	}
	switch c := raw[0]; {
	case c == '"':
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return "", '?'
		}
		return s, '"'
	case c == '-' || '0' <= c && c <= '9':
		return string(raw), '0'
	case c == '{':
		return string(raw), '{'
	}
	return "", '?'
}

// check refuses what cannot be signed without being read in two ways, and what nobody sends.
func (r *Request) check() error {
	for _, m := range [][2]string{
		{"keyName", r.KeyName}, {"ttl", r.TTL}, {"capability", r.Capability}, {"timestamp", r.Timestamp}, {"nonce", r.Nonce},
	} {
		if strings.Contains(m[1], "\n") || !utf8.ValidString(m[1]) {
			return refuse(CodeBadValue, "%s of the token request has a line break in it, or is not UTF-8", m[0])
		}
	}
	if r.ClientID != "" && r.ClientID != wildcard {
		return checkClientID(r.ClientID)
	}
	return nil
}

// text returns what is signed: six lines, each with its line break.
func (r *Request) text() string {
	return strings.Join([]string{r.KeyName, r.TTL, r.Capability, r.ClientID, r.Timestamp, r.Nonce, ""}, "\n")
}

// Sign sets the request's mac.
func (r *Request) Sign(secret string) { r.MAC = base64.StdEncoding.EncodeToString(r.sum(secret)) }

func (r *Request) sum(secret string) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(r.text()))
	return h.Sum(nil)
}

// signedBy reports, in constant time, whether the request's mac is one by a key.
func (r *Request) signedBy(k Key) bool {
	got, err := base64.StdEncoding.Strict().DecodeString(r.MAC)
	return k.Secret != "" && err == nil && hmac.Equal(got, r.sum(k.Secret))
}
