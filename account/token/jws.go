package token

import (
	"github.com/go-jose/go-jose/v4"

	"madang/account/jws"
)

// A signed is a token whose form is right and whose signature is not verified yet. Nothing in it can be trusted.
type signed struct{ jws.Token }

// parse checks the form of a token. "none" and the family's other members are never accepted.
func parse(raw string) (signed, error) {
	t, err := jws.Parse(raw, jose.HS256, jose.RS256, jose.ES256, jose.EdDSA)
	return signed{t}, err
}

// fits reports whether the key may have signed the token: the algorithm is the same, and the id unless one has none.
func (t signed) fits(k key) bool {
	return k.alg == t.Algorithm && (k.id == "" || t.KeyID == "" || k.id == t.KeyID)
}

// verify returns the payload if the key has signed the token.
func (t signed) verify(k key) ([]byte, bool) {
	if !t.fits(k) {
		return nil, false
	}
	return t.Verify(k.material)
}
