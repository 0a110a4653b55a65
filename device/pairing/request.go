package pairing

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxWho is how many characters of who asks are shown.
const maxWho = 64

// A Request says who asks for a code, or tries one, and of which hub.
type Request struct {
	Hub Hub
	// Person is who it is. Empty: nobody in particular, in a house where no one signs in; then the address stands for them.
	Person string
	// Address is where they are in the network, as far as that can be trusted.
	Address netip.Addr
	// Who is what the display calls them.
	Who string
}

func (r Request) validate() error {
	if r.Hub.App == "" || r.Hub.ID == "" || len(r.Hub.App) > MaxKey || len(r.Hub.ID) > MaxKey || len(r.Person) > MaxKey-len("person check ") {
		return fmt.Errorf("a request needs an app and a hub, and no name longer than %d bytes: %w", MaxKey, ErrInvalid)
	}
	if r.Person == "" && !r.Address.IsValid() {
		return fmt.Errorf("a request needs a person or an address: %w", ErrInvalid)
	}
	return nil
}

// requester is to whom a code is bound.
func (r Request) requester() string {
	if r.Person != "" {
		return "person " + r.Person
	}
	return "address " + r.Address.Unmap().WithZone("").String()
}

// who is what people read. What is not for reading is left out: a display must not be made to show anything else.
func (r Request) who() string {
	var b strings.Builder
	n := 0
	for _, c := range r.Who {
		if n == maxWho {
			break
		}
		if c != utf8.RuneError && unicode.IsGraphic(c) {
			b.WriteRune(c)
			n++
		}
	}
	return strings.TrimSpace(b.String())
}

func (r Request) from() string {
	if !r.Address.IsValid() {
		return ""
	}
	return r.Address.Unmap().String()
}

// network is the part of an address that counts as one: all of IPv4's, and of IPv6's what one subscriber is given.
func network(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// Count takes one of the budgets of a person and an address for doing something, or fails with a [*WaitError]. It comes before
// everything else, so that who is over a limit learns nothing. What is done under another name is counted apart.
func (p *Pairing) Count(ctx context.Context, r Request, what string) error {
	if r.Person != "" {
		if err := p.take(ctx, "person", Tally{App: r.Hub.App, Key: "person " + what + " " + r.Person}, p.config.Person); err != nil {
			return err
		}
	}
	if r.Address.IsValid() {
		return p.take(ctx, "address", Tally{App: r.Hub.App, Key: "address " + what + " " + network(r.Address)}, p.config.Address)
	}
	return nil
}

func (p *Pairing) take(ctx context.Context, of string, name Tally, b Budget) error {
	for range rounds {
		t, err := p.store.Tally(ctx, name.App, name.Key)
		if err != nil {
			return fmt.Errorf("count for a %s: %w", of, err)
		}
		spent, wait := b.take(t.Spent, p.millis())
		if spent != t.Spent {
			t.Spent = spent
			err = p.store.SaveTally(ctx, t)
		}
		switch {
		case errors.Is(err, ErrConflict):
			continue
		case err != nil:
			return fmt.Errorf("count for a %s: %w", of, err)
		case wait > 0:
			return &WaitError{of, wait}
		}
		return nil
	}
	return fmt.Errorf("count for a %s: %w", of, ErrConflict)
}
