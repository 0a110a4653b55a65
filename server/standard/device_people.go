package standard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"madang"
	"madang/account"
)

// deviceCalls are the procedures of devices.
func deviceCalls(hub *madang.Hub) []string {
	return slices.DeleteFunc(hub.Procedures(), func(name string) bool { return !strings.HasPrefix(name, "device.") })
}

// locked reports whether somebody may do nothing: their account is disabled, or gone. Whom another issuer's token has proved
// has no account here that could be.
func (a *accounts) locked(ctx context.Context, app, person string) (bool, error) {
	id, err := strconv.ParseInt(person, 10, 64)
	if err != nil || app != a.config.app() {
		return false, nil //nolint:nilerr // see above
	}
	p, err := a.store.Person(ctx, app, id)
	if errors.Is(err, account.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("account: whether person %d is disabled: %w", id, err)
	}
	return !p.DisabledAt.IsZero(), nil
}
