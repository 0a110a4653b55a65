package server

import (
	"fmt"
	"log/slog"
	"reflect"
	"strings"

	"madang"
)

// A Site is what a part sees of the server in which it is opened.
type Site struct {
	Config *Config // of the whole server
	Dev    bool    // development mode
	Log    *slog.Logger
	Hub    *madang.Hub // nil for stores, brokers and guards, which are opened before it
	Apps   *madang.Apps

	opened []*opened
}

// An opened part, with what its opener returned.
type opened struct {
	part  *Part
	value any
}

// offers returns everything that can be found in the part.
func (o *opened) offers() []any {
	all := []any{o.value}
	if x, ok := o.value.(Offerer); ok {
		all = append(all, x.Offers()...)
	}
	return all
}

// Find returns the part of type T that is open, or what a part offers of that type. It fails if there is none, or more
// than one.
func Find[T any](s *Site) (T, error) {
	var found []T
	var in []string
	if x, ok := any(s.Hub).(T); ok && s.Hub != nil {
		found, in = append(found, x), append(in, "the hub")
	}
	for _, o := range s.opened {
		for _, x := range o.offers() {
			if x, ok := x.(T); ok {
				found, in = append(found, x), append(in, o.part.String())
				break
			}
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	var none T
	want := reflect.TypeFor[T]()
	if len(found) > 1 {
		return none, fmt.Errorf("several open parts are a %v: %s; ask for a more special type", want, strings.Join(in, ", "))
	}
	return none, fmt.Errorf("no open part is a %v; open so far: %s", want, s.inventory())
}

// inventory lists the open parts and their types.
func (s *Site) inventory() string {
	var all []string
	for _, o := range s.opened {
		var types []string
		for _, x := range o.offers() {
			types = append(types, fmt.Sprintf("%T", x))
		}
		all = append(all, fmt.Sprintf("%v (%s)", o.part, strings.Join(types, ", ")))
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}

// A Join connects parts that do not know each other. Joins run when all parts are open and nobody is served yet.
type Join func(*Site) error

// Use returns a Join that hands an opened part, found by its type, to f: for the handlers of an application.
func Use[T any](f func(T) error) Join {
	return func(s *Site) error {
		x, err := Find[T](s)
		if err != nil {
			return err
		}
		return f(x)
	}
}
