package token

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"madang"
	"madang/dialect/ably/capability"
)

// Issued is a new token and what it can do, Ably's TokenDetails, as clients read them from JSON. Times are in
// milliseconds.
type Issued struct {
	Token      string `json:"token"`
	KeyName    string `json:"keyName"`
	Issued     int64  `json:"issued"`
	Expires    int64  `json:"expires"`
	Capability string `json:"capability"`
	ClientID   string `json:"clientId,omitempty"`
}

// Issue exchanges a request for a token of the key named keyName. The request must be signed with that key, unless by,
// which may be nil, is a client that has shown the key itself.
func (a *Authority) Issue(ctx context.Context, keyName string, by *Details, r *Request) (*Issued, error) {
	k, ok := a.cfg.Keys.Key(keyName)
	if !ok {
		return nil, refuse(CodeNotFound, "there is no app or key %.100q", keyName)
	}
	trusted := by != nil && by.Basic && by.Key == k.Name && r.MAC == ""
	if err := a.checkRequest(k, r, trusted); err != nil {
		return nil, err
	}
	ttl, err := r.ttl(k)
	if err != nil {
		return nil, err
	}
	rights, text, err := r.rights(k)
	if err != nil {
		return nil, err
	}
	if !trusted {
		// The last thing, so that what is refused for another reason does not use the request up.
		if err := a.useOnce(ctx, k, r); err != nil {
			return nil, err
		}
	}
	issued := time.UnixMilli(a.cfg.Now().UnixMilli())
	token, err := seal(k, issued, ttl, r.ClientID, text)
	if err != nil {
		return nil, err
	}
	return &Issued{
		Token: token, KeyName: k.Name, Issued: issued.UnixMilli(), Expires: issued.Add(ttl).UnixMilli(),
		Capability: rights.String(), ClientID: r.ClientID,
	}, nil
}

// checkRequest checks who asks, and when.
func (a *Authority) checkRequest(k Key, r *Request, trusted bool) error {
	if err := r.check(); err != nil {
		return err
	}
	if r.KeyName != k.Name && (r.KeyName != "" || !trusted) {
		return refuse(CodeCredentials, "the token request is for the key %.100q and was sent for %.100q", r.KeyName, k.Name)
	}
	if trusted {
		return nil
	}
	if !r.signedBy(k) {
		return refuse(CodeCredentials, "the mac of the token request is not by the key %.100q", k.Name)
	}
	at, ok := integer(r.Timestamp)
	if !ok {
		return refuse(CodeBadValue, "timestamp of the token request is not a time in milliseconds since 1970")
	}
	if off := a.cfg.Now().Sub(time.UnixMilli(at)).Abs(); off > MaxSkew {
		return refuse(CodeClock, "the token request was made %s from now, more than %s; is the clock right? queryTime helps",
			off.Round(time.Second), MaxSkew)
	}
	return nil
}

// clockMargin is how far the clocks of nodes may be apart: a request is remembered for so much longer than this node would
// take it.
const clockMargin = time.Minute

// useOnce makes sure that a request has not been used before, on whichever node. When that cannot be known it is refused:
// whoever has seen a request on its way could use it once more on each node.
func (a *Authority) useOnce(ctx context.Context, k Key, r *Request) error {
	if n := len(r.Nonce); n < MinNonce || n > maxNonce {
		return refuse(CodeNonce, "nonce of the token request has %d characters, instead of %d to %d", n, MinNonce, maxNonce)
	}
	at, _ := integer(r.Timestamp)
	sum := sha256.Sum256([]byte(k.Name + "\n" + r.Nonce))
	lease := max(0, time.UnixMilli(at).Add(MaxSkew).Sub(a.cfg.Now())) + clockMargin
	c, err := a.cfg.Nonces.Claim(ctx, "ably token request "+hex.EncodeToString(sum[:]), lease)
	switch {
	case errors.Is(err, madang.ErrTooMany):
		return refuse(CodeTooMany, "too many tokens are requested; try again in a minute")
	case err != nil:
		a.cfg.Log.WarnContext(ctx, "whether a token request has been used before is not known; it is refused", "key", k.Name, "error", err)
		return fmt.Errorf("remember the nonce of a token request of %q: %w: %w", k.Name,
			refuse(CodeUnavailable, "whether the token request has been used before is not known now; try again in a moment"), err)
	case !c.First:
		return refuse(CodeNonce, "the token request has been used before")
	}
	return nil
}

// ttl returns how long the token shall live.
func (r *Request) ttl(k Key) (time.Duration, error) {
	if r.TTL == "" {
		return DefaultTTL, nil
	}
	n, ok := integer(r.TTL)
	if !ok || n <= 0 {
		return 0, refuse(CodeBadValue, "ttl of the token request is %.40q, not a number of milliseconds", r.TTL)
	}
	if n > k.maxTTL().Milliseconds() {
		return 0, refuse(CodeBadValue, "ttl of the token request is %d ms, more than the %d that the key allows", n, k.maxTTL().Milliseconds())
	}
	return time.Duration(n) * time.Millisecond, nil
}

// rights returns what the token shall be able to do, and what of it to write into the token: nothing, if it is whatever
// the key can.
func (r *Request) rights(k Key) (s capability.Set, text string, err error) {
	if r.Capability == "" {
		return k.Capability, "", nil
	}
	asked, err := capability.Parse(r.Capability)
	if err != nil {
		return s, "", badCapability(err)
	}
	s, err = k.allow(asked)
	return s, s.String(), err
}
