package madang

import (
	"bytes"
	"context"
	"encoding/json"
	"time"
)

// A Guard says who a connection is. A server has one for each way in: api (a JWT), web (a session), device (a pairing
// token), webhook (the user's own backend).
type Guard interface {
	// Authenticate returns the principal that the credentials prove, or an error that wraps [ErrUnauthenticated],
	// best a [*Refusal], whose code and text the client may see.
	Authenticate(context.Context, Credentials) (*Principal, error)
}

// Credentials are what a dialect found in its handshake.
type Credentials struct {
	Guard  string                  // which guard to ask; empty: the one named "api"
	App    string                  // the app that the endpoint belongs to
	Token  string                  // what the client gave as its token, without "Bearer"
	Header func(key string) string // a header of the request; may be nil
	Query  func(key string) string // a parameter of the request's query; may be nil
	Remote string                  // address of the client
	Locale string                  // wanted language of texts, as in Accept-Language; may be empty
}

// A Principal is an authenticated user, device or service. It is immutable; a renewal makes another.
type Principal struct {
	App     string
	Guard   string
	User    string    // unique in the app; empty: nobody in particular
	Name    string    // for people to read; may be empty
	Claims  []byte    // what else the guard learned: a JSON object, or nil; see Claim
	Expires time.Time // zero: never
}

// Claim returns one member of Claims as package encoding/json decodes it, with numbers as [encoding/json.Number]; nil if
// there is none. Claims are kept as they came because a connection lives long and seldom looks at them.
func (p *Principal) Claim(name string) any {
	d := json.NewDecoder(bytes.NewReader(p.Claims))
	d.UseNumber()
	var all map[string]any
	if d.Decode(&all) != nil {
		return nil
	}
	return all[name]
}

// A Refusal is an answer of a guard or policy that a client may see. Code is stable and for programs, Text is for
// people in their language.
type Refusal struct {
	Code string
	Text string
	Err  error // ErrUnauthenticated or ErrForbidden
}

// Error returns code and text.
func (r *Refusal) Error() string { return r.Code + ": " + r.Text }

// Unwrap returns Err.
func (r *Refusal) Unwrap() error { return r.Err }

// GuardFunc makes a Guard of a function.
type GuardFunc func(context.Context, Credentials) (*Principal, error)

// Authenticate calls f.
func (f GuardFunc) Authenticate(ctx context.Context, c Credentials) (*Principal, error) {
	return f(ctx, c)
}
