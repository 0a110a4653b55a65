package operator

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"madang/account"
	"madang/account/gate"
	"madang/account/signin"
)

// A Photos keeps photos, as photo.Album does.
type Photos interface {
	// Remove has it saved that a photo is gone, and removes it.
	Remove(ctx context.Context, old string, save func() error) error
}

// Parts are what an Operator works with. All are required.
type Parts struct {
	App    string
	Guards map[string]*signin.Service // by the names of the guards: web, api
	Gate   *gate.Gate
	Store  account.Store
	Photos Photos
	Now    func() time.Time // nil: the system's clock
}

// An Operator does what commands ask for. It is safe for concurrent use.
type Operator struct{ Parts }

// New returns an Operator.
func New(p Parts) *Operator {
	if p.Now == nil {
		p.Now = time.Now
	}
	return &Operator{p}
}

// An Error is a no that tells what to do.
type Error struct {
	Status int    // as in HTTP
	Text   string // for the person at the keyboard
}

// Error implements error.
func (e *Error) Error() string { return e.Text }

func fail(status int, format string, args ...any) error {
	return &Error{Status: status, Text: fmt.Sprintf(format, args...)}
}

// guard returns the rules of a guard's people.
func (o *Operator) guard(name string) (*signin.Service, error) {
	if s := o.Guards[name]; s != nil {
		return s, nil
	}
	return nil, fail(404, "there is no guard %q; there are %s", name, strings.Join(slices.Sorted(maps.Keys(o.Guards)), ", "))
}

// explain says in words why something was not done.
func explain(err error, who string) error {
	r, ok := errors.AsType[*signin.Refusal](err)
	switch {
	case err == nil:
		return nil
	case ok && r.Class == signin.NotFound && r.Code == signin.CodeOff:
		return fail(409, "links for new passwords are off; turn on reset_passwords, or set a password")
	case ok && r.Class == signin.NotFound:
		return fail(404, "there is nobody %s", who)
	case ok && r.Errors != nil:
		var all []string
		for _, field := range []string{"name", "email", "password", "locale"} {
			all = append(all, r.Errors.Of(field)...)
		}
		return fail(422, "%s", strings.Join(all, " "))
	case ok:
		return fail(int(r.Class), "refused: %s", r.Code)
	case errors.Is(err, account.ErrNotFound):
		return fail(404, "there is no such person or role")
	case errors.Is(err, account.ErrInvalid):
		return fail(422, "%v", err)
	}
	return err
}
