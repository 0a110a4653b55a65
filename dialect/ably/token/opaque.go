package token

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"madang/dialect/ably/capability"
)

// An Ably token is "app." and in base64url a head in the clear, then the rest sealed with AES-256-GCM under a key that is
// derived from the API key's secret. So every node can read it without having stored anything, clients cannot read the
// capability, and changing the secret ends all of its tokens.
//
//	head   version (1 byte), time of issue in milliseconds, name of the key with its length
//	sealed ttl in milliseconds, client id with its length, capability to the end; empty: whatever the key has
//
// Numbers and lengths are unsigned varints. App and head are authenticated with the sealed part.
const (
	opaqueVersion = 1
	opaqueLabel   = "madang: ably token, version 1" // what the derived key is for
)

// seal makes an Ably token.
func seal(k Key, issued time.Time, ttl time.Duration, clientID, capability string) (string, error) {
	own := strings.TrimPrefix(k.Name, k.App+".")
	head := []byte{opaqueVersion}
	head = binary.AppendUvarint(head, uint64(issued.UnixMilli()))
	head = appendText(head, own)
	body := binary.AppendUvarint(nil, uint64(ttl.Milliseconds()))
	body = appendText(body, clientID)
	body = append(body, capability...)
	box, err := sealer(k.Secret)
	if err != nil {
		return "", err
	}
	sealed := box.Seal(nil, nil, body, sealedFor(k.App, head)) //nolint:gosec // this AEAD makes its own random nonces
	return k.App + "." + base64.RawURLEncoding.EncodeToString(append(head, sealed...)), nil
}

// open verifies an Ably token.
func (a *Authority) open(token string) (*Details, error) {
	dot := strings.LastIndexByte(token, '.')
	if dot < 1 {
		return nil, refuse(CodeCredentials, "this is not a token: it is neither a JWT nor of the form app.token")
	}
	app := token[:dot]
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token[dot+1:])
	if err != nil || strings.ContainsAny(token[dot+1:], "\r\n") || len(raw) == 0 || raw[0] != opaqueVersion {
		return nil, refuse(CodeCredentials, "this is not a token of this server")
	}
	millis, rest, ok1 := takeNumber(raw[1:], maxMillis)
	own, sealed, ok2 := takeText(rest)
	if !ok1 || !ok2 {
		return nil, refuse(CodeCredentials, "this is not a token of this server")
	}
	k, ok := a.cfg.Keys.Key(app + "." + own)
	if !ok || k.App != app {
		return nil, refuse(CodeNotFound, "there is no key %.100q", app+"."+own)
	}
	issued := time.UnixMilli(int64(millis))
	box, err := sealer(k.Secret)
	if err != nil {
		return nil, err
	}
	body, err := box.Open(nil, nil, sealed, sealedFor(app, raw[:len(raw)-len(sealed)]))
	if err != nil {
		return nil, a.unacceptable(CodeToken, issued, "the token was not made with the key %.100q as it is now", k.Name)
	}
	return readBody(k, issued, body)
}

// readBody reads what this server has sealed itself.
func readBody(k Key, issued time.Time, body []byte) (*Details, error) {
	ttl, rest, ok1 := takeNumber(body, uint64(MaxTTL.Milliseconds()))
	clientID, text, ok2 := takeText(rest)
	if !ok1 || !ok2 {
		return nil, refuse(CodeCredentials, "this is not a token of this server")
	}
	life := time.Duration(ttl) * time.Millisecond
	if life > k.maxTTL() { // it was made before the key became revocable
		return nil, refuse(CodeToken, "the token lives for %s, longer than the %s that the key allows by now", life, k.maxTTL())
	}
	d := &Details{App: k.App, Key: k.Name, Issued: issued, Expires: issued.Add(life)}
	d.hold(clientID)
	if err := d.limit(k, string(text)); err != nil {
		return nil, err
	}
	return d, nil
}

// hold sets who the token is for.
func (d *Details) hold(clientID string) {
	d.holder, d.Wildcard = clientID, clientID == wildcard
	if !d.Wildcard {
		d.ClientID = clientID
	}
}

// limit sets the capability: the token's, if it has one, as far as the key has it now.
func (d *Details) limit(k Key, text string) error {
	d.Capability = k.Capability
	if text == "" {
		return nil
	}
	asked, err := capability.Parse(text)
	if err != nil {
		return badCapability(err)
	}
	d.Capability, err = k.allow(asked)
	return err
}

func sealer(secret string) (cipher.AEAD, error) {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(opaqueLabel))
	block, err := aes.NewCipher(h.Sum(nil))
	if err != nil {
		return nil, fmt.Errorf("seal tokens: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func sealedFor(app string, head []byte) []byte { return append([]byte(app+"."), head...) }

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func takeNumber(b []byte, most uint64) (n uint64, rest []byte, ok bool) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > most {
		return 0, nil, false
	}
	return n, b[size:], true
}

func takeText(b []byte) (s string, rest []byte, ok bool) {
	n, rest, ok := takeNumber(b, uint64(len(b)))
	if !ok || n > uint64(len(rest)) {
		return "", nil, false
	}
	return string(rest[:n]), rest[n:], true
}
