package pusher

import (
	"context"
	"encoding/json"
	"fmt"

	"madang"
	"madang/internal/convention"
)

// A guard proves who signs in. The credentials' token is the signature, their query has the socket id and the text that
// is signed.
type guard struct{ policy }

// Parameters of the credentials that the guard is given.
const (
	querySocket = "socket_id"
	queryUser   = "user_data"
)

// NewGuard returns the guard named [GuardName], which proves who signs in with pusher:signin. A hub that was made before
// its Server needs it among its guards.
func NewGuard(apps *madang.Apps) madang.Guard { return guard{policy{apps: apps}} }

// userData is what the user's backend has signed.
type userData struct {
	ID        string          `json:"id"`
	Info      json.RawMessage `json:"user_info"`
	Watchlist []string        `json:"watchlist"`
}

// Authenticate implements madang.Guard. The principal's claims are user_data.
func (g guard) Authenticate(_ context.Context, c madang.Credentials) (*madang.Principal, error) {
	if c.Query == nil {
		return nil, fmt.Errorf("sign in: no user_data: %w", madang.ErrUnauthenticated)
	}
	data := c.Query(queryUser)
	if !g.verify(c.App, c.Token, convention.UserText(c.Query(querySocket), data)) {
		return nil, &madang.Refusal{Code: "signature", Text: "The signature of user_data is wrong.", Err: madang.ErrUnauthenticated}
	}
	var u userData
	if err := json.Unmarshal([]byte(data), &u); err != nil || u.ID == "" || len(u.ID) > maxUserID {
		// pusher-js would ignore any other id without a word.
		return nil, &madang.Refusal{
			Code: "user_data", Text: fmt.Sprintf("user_data.id must be a string of 1 to %d bytes.", maxUserID), Err: madang.ErrUnauthenticated,
		}
	}
	var info struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal(u.Info, &info) // a name is welcome, no more
	return &madang.Principal{App: c.App, Guard: GuardName, User: u.ID, Name: info.Name, Claims: []byte(data)}, nil
}
