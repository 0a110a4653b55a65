package bearer

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// A Use is what a token is for. One for something else is no good, so that none can stand in for another.
type Use string

// Uses.
const (
	UseLogin  Use = "login"  // jwt-auth's interface: it is exchanged for the next one itself
	UseAccess Use = "access" // the modern one: it comes with a refresh token
	UseAbly   Use = "ably"   // one of Ably's is inside
	UseRenew  Use = "renew"  // in a cookie: it gets the next one for Ably and opens nothing
)

// leeway is how far apart the clocks of two nodes may be.
const leeway = 10 * time.Second

// maxClaim is how long an id in a token may be, in bytes.
const maxClaim = 128

// claims are those of a token.
type claims struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	Subject  string `json:"sub"`
	Issued   int64  `json:"iat"`
	Starts   int64  `json:"nbf"`
	Expires  int64  `json:"exp"`
	ID       string `json:"jti"`
	Guard    string `json:"guard"`
	Family   string `json:"fam"`
	Use      Use    `json:"use"`
	Ably     string `json:"x-ably-token,omitempty"`
}

// readClaims reads claims, all of which must be there, each of its own type. Others are passed over.
func readClaims(all map[string]any) (c claims, err error) {
	var use string
	for name, to := range map[string]*string{
		"iss": &c.Issuer, "aud": &c.Audience, "sub": &c.Subject, "jti": &c.ID, "guard": &c.Guard, "fam": &c.Family, "use": &use,
	} {
		text, ok := all[name].(string)
		if !ok || text == "" || len(text) > maxClaim && name != "iss" && name != "aud" {
			return claims{}, fmt.Errorf("%w: %s is missing, or not a short text", ErrClaims, name)
		}
		*to = text
	}
	c.Use = Use(use)
	for name, to := range map[string]*int64{"iat": &c.Issued, "nbf": &c.Starts, "exp": &c.Expires} {
		n, ok := all[name].(json.Number)
		if !ok {
			return claims{}, fmt.Errorf("%w: %s is missing, or not a number", ErrClaims, name)
		}
		if *to, err = strconv.ParseInt(n.String(), 10, 64); err != nil || *to < 0 || *to > math.MaxInt64/int64(time.Second) {
			return claims{}, fmt.Errorf("%w: %s is not a time in seconds", ErrClaims, name)
		}
	}
	return c, nil
}

// expired reports whether the token's time is over.
func (c claims) expired(now time.Time) bool { return now.Unix() >= c.Expires }

// early reports whether the token's time has not come.
func (c claims) early(now time.Time) bool {
	soon := now.Add(leeway).Unix()
	return c.Starts > soon || c.Issued > soon
}
