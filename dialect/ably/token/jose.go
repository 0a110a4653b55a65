package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"strings"
)

// members are those of a JSON object.
type members map[string]json.RawMessage

// A joseToken is a JWT whose signature nobody has checked. Nothing in it can be trusted.
//
// It is read here and not by a JOSE library because the outer token of an embedded one may be anything, encrypted
// included, and must not be verified; what is verified is HS256 only, which is one HMAC.
type joseToken struct {
	header    members
	claims    members // nil: encrypted
	signed    string  // the text that the signature is over
	signature []byte
}

// parseJOSE reads the compact form of a signed or encrypted token (RFC 7515, section 7.1; RFC 7516, section 7.1). ok is
// false if it is neither, so that it may be a token of another kind. Base64 may be padded and of either alphabet: Ably's
// examples for PHP and browsers write it so, and the signature is over the text as it is.
func parseJOSE(token string) (j joseToken, ok bool) {
	parts := strings.SplitN(token, ".", 6)
	if len(parts) != 3 && len(parts) != 5 {
		return joseToken{}, false
	}
	if j.header, ok = parseMembers(parts[0]); !ok {
		return joseToken{}, false
	}
	if len(parts) == 5 {
		return j, true
	}
	if j.claims, ok = parseMembers(parts[1]); !ok {
		return joseToken{}, false
	}
	j.signed = parts[0] + "." + parts[1]
	signature, err := decodeBase64(parts[2])
	j.signature = signature
	return j, err == nil
}

func parseMembers(segment string) (m members, ok bool) {
	raw, err := decodeBase64(segment)
	if err != nil || json.Unmarshal(raw, &m) != nil {
		return nil, false
	}
	return m, m != nil
}

// encrypted reports whether the claims cannot be read.
func (j joseToken) encrypted() bool { return j.claims == nil }

// signedBy reports, in constant time, whether the token is signed with a key's secret by HS256.
func (j joseToken) signedBy(k Key) bool {
	h := hmac.New(sha256.New, []byte(k.Secret))
	h.Write([]byte(j.signed))
	return k.Secret != "" && hmac.Equal(j.signature, h.Sum(nil))
}

// text returns a member that is a string. has tells that there is one other than null, good that it is a string.
func (m members) text(name string) (s string, has, good bool) {
	raw := m[name]
	if len(raw) == 0 || string(raw) == "null" {
		return "", false, true
	}
	return s, true, raw[0] == '"' && json.Unmarshal(raw, &s) == nil
}
