package account

import (
	"context"
	"fmt"
	"time"
)

// A SigningKey signs tokens of an app's people. Every node of a server has the same ones.
type SigningKey struct {
	App string
	ID  string // in the header of the tokens
	// Sealed is the private key, sealed with a key of the server's: whoever reads the store cannot sign, and whoever writes to
	// it cannot bring a key of their own.
	Sealed    []byte
	CreatedAt time.Time
	// SignsAt is from when on it signs, until another does. It is published before, so that nobody meets a token whose key they
	// do not know.
	SignsAt time.Time
}

// Validate reports, as ErrInvalid, what no Store may accept.
func (k SigningKey) Validate() error {
	if k.App == "" || k.ID == "" || len(k.Sealed) == 0 {
		return fmt.Errorf("a signing key needs an app, an id and what is sealed: %w", ErrInvalid)
	}
	return nil
}

// A KeyStore keeps signing keys.
type KeyStore interface {
	// AddSigningKey keeps k as the newest of its app, if the newest so far has the id after, or with an empty one if there is
	// none. ErrConflict: it has another; of nodes that add a key at once only one does. ErrTaken: there is one of that id.
	AddSigningKey(ctx context.Context, k SigningKey, after string) error
	// SigningKeys returns all of an app, the oldest first.
	SigningKeys(ctx context.Context, app string) ([]SigningKey, error)
	// DeleteSigningKey removes one.
	DeleteSigningKey(ctx context.Context, app, id string) error
}
