package device

import (
	"encoding/json"
	"fmt"
	"time"
)

// Claims are what a token says, to be signed: those that the box of old gave (api_serial, iat, exp) and those that bind the
// token to a person and a hub, and let it be revoked.
type Claims struct {
	ID        string // jti
	Subject   string // sub: the person, or "guest:" and the ID
	Serial    string // api_serial
	Audience  string // aud: "hub:" and the serial
	App       string
	IssuedAt  time.Time
	ExpiresAt time.Time
}

// UsePairing is the claim "use" of pairings' tokens: whoever signs tokens of several kinds with one key tells them apart by it.
const UsePairing = "pairing"

// payload is a token's.
type payload struct {
	Use      string `json:"use"`
	Issuer   string `json:"iss,omitempty"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	ID       string `json:"jti"`
	Serial   string `json:"api_serial"`
	IssuedAt int64  `json:"iat"`
	Expires  int64  `json:"exp"`
}

// Payload returns the claims as a JWT's payload (RFC 7519): use, iss if an issuer is given, sub, aud, jti, api_serial, iat, exp.
func (c Claims) Payload(issuer string) []byte {
	b, _ := json.Marshal(payload{UsePairing, issuer, c.Subject, c.Audience, c.ID, c.Serial, c.IssuedAt.Unix(), c.ExpiresAt.Unix()}) // texts and numbers
	return b
}

// ReadPayload reads the payload of a token whose signature has been verified. ErrUnauthenticated: it is none that Payload could
// have written for this issuer. Whether the token is good only its record says: see [Service.ByToken].
func ReadPayload(issuer string, b []byte) (Claims, error) {
	var p payload
	if err := json.Unmarshal(b, &p); err != nil {
		return Claims{}, fmt.Errorf("device: a token's payload: %w: %w", ErrUnauthenticated, err)
	}
	if p.Use != UsePairing || p.Issuer != issuer || p.ID == "" || p.Subject == "" || CheckSerial(p.Serial) != nil || p.Audience != audience(p.Serial) || p.Expires <= p.IssuedAt {
		return Claims{}, fmt.Errorf("device: a token's payload is not that of a pairing here: %w", ErrUnauthenticated)
	}
	return Claims{
		ID: p.ID, Subject: p.Subject, Serial: p.Serial, Audience: p.Audience, IssuedAt: time.Unix(p.IssuedAt, 0).UTC(), ExpiresAt: time.Unix(p.Expires, 0).UTC(),
	}, nil
}

func audience(serial string) string { return "hub:" + serial }
