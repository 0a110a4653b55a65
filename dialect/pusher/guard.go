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
	ID        string
	Info      json.RawMessage
	Watchlist []string
}

// parseUserData reads user_data. The id is empty if it is missing or no string. Names are exact; see memberOf.
func parseUserData(text []byte) (u userData, err error) {
	var d map[string]json.RawMessage
	if err := json.Unmarshal(text, &d); err != nil {
		return u, fmt.Errorf("user_data is no JSON object: %w", err)
	}
	if id, number, ok := convention.UserID(d["id"]); ok && number == nil {
		u.ID = id
	}
	u.Info = d["user_info"]
	if list := d["watchlist"]; len(list) > 0 {
		if err := json.Unmarshal(list, &u.Watchlist); err != nil {
			return u, fmt.Errorf("user_data.watchlist: %w", err)
		}
	}
	return u, nil
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
	u, err := parseUserData([]byte(data))
	if err != nil || u.ID == "" || len(u.ID) > maxUserID {
		// pusher-js would ignore any other id without a word.
		return nil, &madang.Refusal{
			Code: "user_data", Text: fmt.Sprintf("user_data.id must be a string of 1 to %d bytes.", maxUserID), Err: madang.ErrUnauthenticated,
		}
	}
	return &madang.Principal{App: c.App, Guard: GuardName, User: u.ID, Name: u.name(), Claims: []byte(data)}, nil
}

// name is what user_info calls the user, if it does.
func (u userData) name() (name string) {
	var info map[string]json.RawMessage
	if json.Unmarshal(u.Info, &info) == nil {
		_ = json.Unmarshal(info["name"], &name) // anything else than a text is none
	}
	return name
}
