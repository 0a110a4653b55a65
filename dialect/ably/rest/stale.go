package rest

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"madang/dialect/ably/token"
)

// authenticate returns what credentials prove.
//
// A client that is told to renew its token is expected to come back with another one. Ably's JavaScript libraries do fetch
// another, but send the request again with the old one, up to 2.28 at least: they would go on so for ever, as fast as they
// can. Whoever shows a token again and again is therefore told that it proves nothing, which ends that request; the next
// one has the new token.
func (a *API) authenticate(ctx context.Context, found token.Credentials) (*token.Details, error) {
	d, err := a.o.Authority.Authenticate(ctx, found)
	if e, ok := errors.AsType[*token.Error](err); ok && e.Renewable() && !a.stale.patient(found.Token, a.hub.Now()) {
		return nil, &token.Error{
			Code: token.CodeCredentials, Status: 401, Message: "the client was told to renew this token, but it shows it again and again: " + e.Message,
		}
	}
	return d, err
}

// stale are the tokens that clients were told to renew a short while ago. The zero value is ready.
type stale struct {
	mu    sync.Mutex
	shown map[[sha256.Size]byte]int
	since time.Time
}

// Limits of the patience with a token.
const (
	stalePatience = 8 // of requests that were on their way together
	staleAge      = 10 * time.Second
	maxStale      = 10_000
)

// patient notes that a token was shown that has to be renewed, and reports whether its client may be told so once more.
func (s *stale) patient(text string, now time.Time) bool {
	key := sha256.Sum256([]byte(text))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shown == nil || now.Sub(s.since) > staleAge || len(s.shown) >= maxStale {
		s.shown, s.since = map[[sha256.Size]byte]int{}, now
	}
	s.shown[key]++
	return s.shown[key] <= stalePatience
}
