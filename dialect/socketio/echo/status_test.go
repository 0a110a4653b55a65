package echo

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"madang"
)

type backendError int

func (e backendError) Error() string { return "refused" }
func (e backendError) Status() int   { return int(e) }

func TestStatus(t *testing.T) {
	for _, x := range []struct {
		err  error
		want int
	}{
		{fmt.Errorf("subscribe: %w", backendError(419)), 419},
		{fmt.Errorf("%w: %w", madang.ErrForbidden, backendError(0)), 0},
		{backendError(200), 403},
		{fmt.Errorf("subscribe: %w", madang.ErrForbidden), 403},
		{madang.ErrUnauthenticated, 401},
		{madang.ErrInvalid, 400},
		{madang.ErrTooMany, 429},
		{fmt.Errorf("policy: %w", context.DeadlineExceeded), 0},
		{errors.New("anything else"), 403},
	} {
		if got := status(x.err); got != x.want {
			t.Errorf("%v: %d, want %d", x.err, got, x.want)
		}
	}
}
