package token

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// DefaultTTL is how long a token of [Sign] is good when nothing else is said.
const DefaultTTL = time.Hour

// Claims are what [Sign] puts into a token.
type Claims struct {
	User   string         // required; goes into the first of the user claims
	Name   string         // goes into the first of the name claims; empty: left out
	App    string         // goes into the app claim; needed if and only if there is one
	Issued time.Time      // zero: now
	TTL    time.Duration  // how long it is good; zero: DefaultTTL; negative: it has expired already, for trying that
	Extra  map[string]any // further claims; they must not be among the others
}

// Sign makes an HS256 token that a guard of the same configuration accepts, for trying things out and for backends that
// have no library of their own. It needs [Config.Secret]. Issuer and the first audience come from the configuration.
func Sign(c Config, who Claims) (string, error) {
	if err := c.Validate(); err != nil {
		return "", err
	}
	if c.Secret == "" {
		return "", errors.New("token: sign: there is no secret; tokens of other keys are signed where their private half is")
	}
	claims, err := c.claims(who)
	if err != nil {
		return "", fmt.Errorf("token: sign: %w", err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("token: sign: %w", err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(c.Secret)},
		(&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("token: sign: %w", err)
	}
	s, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("token: sign: %w", err)
	}
	raw, err := s.CompactSerialize()
	if err != nil {
		return "", fmt.Errorf("token: sign: %w", err)
	}
	if len(raw) > MaxToken {
		return "", fmt.Errorf("token: sign: the token would have %d bytes, more than %d", len(raw), MaxToken)
	}
	return raw, nil
}

// Sign is the function Sign with the guard's own configuration.
func (g *Guard) Sign(who Claims) (string, error) { return Sign(g.config, who) }

func (c Config) claims(who Claims) (map[string]any, error) {
	if who.User == "" || !usable(who.User) {
		return nil, fmt.Errorf("user %.64q is empty, longer than %d bytes or not printable", who.User, MaxUser)
	}
	if (who.App == "") != (c.AppClaim == "") {
		return nil, errors.New("an app must be given if and only if app_claim is set")
	}
	if who.TTL == 0 {
		who.TTL = DefaultTTL
	}
	if who.Issued.IsZero() {
		who.Issued = time.Now()
	}
	m := map[string]any{}
	var err error
	put := func(name string, value any) {
		if _, taken := m[name]; taken {
			err = fmt.Errorf("claim %q is given twice", name)
		}
		m[name] = value
	}
	put("iat", who.Issued.Unix())
	put("exp", who.Issued.Add(who.TTL).Unix())
	put(c.UserClaims[0], who.User)
	if who.Name != "" && len(c.NameClaims) > 0 {
		put(c.NameClaims[0], who.Name)
	}
	if c.AppClaim != "" {
		put(c.AppClaim, who.App)
	}
	if c.Issuer != "" {
		put("iss", c.Issuer)
	}
	if len(c.Audience) > 0 {
		put("aud", c.Audience[0])
	}
	for name, v := range who.Extra {
		put(name, v)
	}
	return m, err
}
