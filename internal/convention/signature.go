package convention

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // the protocol's checksum of a body; what counts is the signature over it
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxSkew is how far the time of a signed request may be from the server's.
const MaxSkew = 600 * time.Second

// Sign returns the HMAC-SHA256 of a text in hexadecimal.
func Sign(secret, text string) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}

// Verify reports in constant time whether a signature is the one of a text.
func Verify(secret, text, signature string) bool {
	return secret != "" && subtle.ConstantTimeCompare([]byte(Sign(secret, text)), []byte(signature)) == 1
}

// ChannelText is what is signed for a subscription: socket_id:channel, and :channel_data whenever the client sends some,
// whatever the kind of the channel.
func ChannelText(socketID, channel string, data []byte) string {
	text := socketID + ":" + channel
	if len(data) > 0 {
		text += ":" + string(data)
	}
	return text
}

// UserText is what is signed for a sign-in.
func UserText(socketID, userData string) string { return socketID + "::user::" + userData }

// SplitAuth splits auth, "key:signature".
func SplitAuth(auth string) (key, signature string, ok bool) { return strings.Cut(auth, ":") }

// A RequestFault is what is wrong with a signed request, for its sender to read.
type RequestFault string

// Error returns the text.
func (f RequestFault) Error() string { return string(f) }

// RequestText is what is signed for a request: method, path and the decoded parameters but auth_signature in the order of
// their names, of which the first value counts.
func RequestText(method, path string, query url.Values) string {
	var b strings.Builder
	b.WriteString(strings.ToUpper(method) + "\n" + path + "\n")
	sep := ""
	for _, k := range slices.Sorted(maps.Keys(query)) {
		if k == "auth_signature" {
			continue
		}
		b.WriteString(sep + strings.ToLower(k) + "=" + query.Get(k))
		sep = "&"
	}
	return b.String()
}

// SignQuery returns the parameters of a signed request.
func SignQuery(key, secret, method, path string, body []byte, now time.Time) url.Values {
	q := url.Values{
		"auth_key": {key}, "auth_timestamp": {strconv.FormatInt(now.Unix(), 10)}, "auth_version": {"1.0"},
	}
	if len(body) > 0 {
		md := md5.Sum(body)
		q.Set("body_md5", hex.EncodeToString(md[:]))
	}
	q.Set("auth_signature", Sign(secret, RequestText(method, path, q)))
	return q
}

// VerifyRequest checks a signed request: what [VerifyQuery] does, then [VerifyBody].
func VerifyRequest(secret, method, path string, query url.Values, body []byte, now time.Time) error {
	if err := VerifyQuery(secret, method, path, query, now); err != nil {
		return err
	}
	return VerifyBody(query, body)
}

// VerifyQuery checks the time and the signature of a request. The signature covers the checksum of the body, so the body
// need not be there yet: nobody without a secret makes a server read one. The caller has found the secret by the parameter
// auth_key.
func VerifyQuery(secret, method, path string, query url.Values, now time.Time) error {
	seconds, err := strconv.ParseInt(query.Get("auth_timestamp"), 10, 64)
	if err != nil {
		return RequestFault("auth_timestamp is missing or no number of seconds since 1970")
	}
	if skew := now.Sub(time.Unix(seconds, 0)).Abs(); skew > MaxSkew {
		return RequestFault("auth_timestamp is more than 600 s away from the server's time " + strconv.FormatInt(now.Unix(), 10) +
			"; set the clocks")
	}
	if query.Get("auth_version") != "1.0" {
		return RequestFault("auth_version is not 1.0")
	}
	if !Verify(secret, RequestText(method, path, query), query.Get("auth_signature")) {
		return RequestFault("auth_signature is wrong; it must sign method, path as this server sees it (" + path + ") and parameters")
	}
	return nil
}

// VerifyBody checks that a body is the one whose checksum is among the parameters. Without a body there need be none.
func VerifyBody(query url.Values, body []byte) error {
	sum := query.Get("body_md5")
	if sum == "" && len(body) == 0 {
		return nil
	}
	md := md5.Sum(body)
	if subtle.ConstantTimeCompare([]byte(hex.EncodeToString(md[:])), []byte(sum)) != 1 {
		return RequestFault("body_md5 is not the MD5 of the body")
	}
	return nil
}
