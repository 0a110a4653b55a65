package signin

import (
	"context"
	"errors"
	"fmt"

	"madang/account"
)

// maxTries is how often a change is tried again because somebody else's came first. Each time one of them got through.
const maxTries = 100

// change changes a person who may be signed in. Change is called again with what is stored when somebody else was faster, so
// it must decide by that alone; an error of its own ends it. It returns the person before and after.
func (s *Service) change(ctx context.Context, id int64, change func(*account.Person) error) (before, after account.Person, err error) {
	for range maxTries {
		if before, err = s.person(ctx, id); err != nil {
			return before, after, err
		}
		p := before
		if err := change(&p); err != nil {
			return before, after, err
		}
		p.UpdatedAt = s.Now()
		after, err = s.Store.SavePerson(ctx, p)
		switch {
		case err == nil:
			return before, after, nil
		case errors.Is(err, account.ErrNotFound):
			return before, after, nobody()
		case !errors.Is(err, account.ErrConflict):
			return before, after, fmt.Errorf("signin: save a person: %w", err)
		}
	}
	return before, after, fmt.Errorf("signin: save a person: %w", err)
}
