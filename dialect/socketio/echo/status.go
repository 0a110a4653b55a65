package echo

import (
	"context"
	"errors"
	"net/http"

	"madang"
)

// A statusError is an error that knows the HTTP status with which the app's backend has refused: 0 when it could not be
// reached, 200 when it has answered something else than yes.
type statusError interface {
	error
	Status() int
}

// status returns what a client is told of an error that kept it out of a channel, in the place where
// laravel-echo-server puts the HTTP status of the backend.
func status(err error) int {
	if s, ok := errors.AsType[statusError](err); ok {
		if n := s.Status(); n/100 != 2 { // else pages would take the error for a success
			return n
		}
		return http.StatusForbidden
	}
	for _, row := range []struct {
		err    error
		status int
	}{
		{context.DeadlineExceeded, 0}, // nobody has answered
		{madang.ErrForbidden, http.StatusForbidden},
		{madang.ErrUnauthenticated, http.StatusUnauthorized},
		{madang.ErrInvalid, http.StatusBadRequest},
		{madang.ErrTooMany, http.StatusTooManyRequests},
	} {
		if errors.Is(err, row.err) {
			return row.status
		}
	}
	return http.StatusForbidden
}
