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

// gone ends what somebody has paired whose account is disabled. Whose is deleted is in no place any more, either. Should that fail,
// what they show is still no good: who is locked may do nothing.
func (d *devices) gone(ctx context.Context, person int64, deleted bool) {
	end, id := d.relay.Service().EndPerson, strconv.FormatInt(person, 10)
	if deleted {
		end = d.relay.Service().ForgetPerson
	}
	if err := end(ctx, d.config.app, id); err != nil {
		d.site.Log.ErrorContext(ctx, "what a person has paired could not be ended; their connections end when they are next asked for something",
			"person", id, "deleted", deleted, "error", err)
	}
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
