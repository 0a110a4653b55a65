package capability

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"madang"
)

// Limits of a capability.
const (
	MaxText      = 64 << 10 // bytes of its text
	MaxResources = 1024
)

// An Error says what is wrong with a capability's text. It wraps [madang.ErrInvalid].
type Error struct {
	Resource string // where; empty: in the whole
	Reason   string
}

// Error returns place and reason.
func (e *Error) Error() string {
	if e.Resource == "" {
		return "capability: " + e.Reason
	}
	return fmt.Sprintf("capability: resource %.100q: %s", e.Resource, e.Reason)
}

// Unwrap returns madang.ErrInvalid.
func (e *Error) Unwrap() error { return madang.ErrInvalid }

// Parse reads a capability from its JSON. It is strict, because a right that is nearly written is one that nobody can
// tell: every resource must be well-formed and named once, with a list of known operations that is not empty, in which *
// stands alone. The empty object is the empty set. The errors are *[Error].
func Parse(text string) (Set, error) {
	if len(text) > MaxText {
		return Set{}, &Error{Reason: fmt.Sprintf("it has %d bytes, more than %d", len(text), MaxText)}
	}
	if !utf8.ValidString(text) {
		return Set{}, &Error{Reason: "it is not UTF-8"}
	}
	d := json.NewDecoder(strings.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return Set{}, &Error{Reason: `it is not a JSON object such as {"channel":["subscribe"]}`}
	}
	all := map[string]Ops{}
	for d.More() {
		name, ops, err := parseEntry(d)
		if err != nil {
			return Set{}, err
		}
		if _, again := all[name]; again {
			return Set{}, &Error{name, "it is there twice"}
		}
		if len(all) == MaxResources {
			return Set{}, &Error{Reason: fmt.Sprintf("it has more than %d resources", MaxResources)}
		}
		all[name] = ops
	}
	if _, err := d.Token(); err != nil {
		return Set{}, &Error{Reason: "it is not valid JSON"}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Set{}, &Error{Reason: "something follows the JSON object"}
	}
	return newSet(all), nil
}

// parseEntry reads one resource and its list.
func parseEntry(d *json.Decoder) (name string, ops Ops, err error) {
	t, err := d.Token()
	name, ok := t.(string)
	if err != nil || !ok {
		return "", 0, &Error{Reason: "it is not valid JSON"}
	}
	if _, wrong := parseResource(name); wrong != "" {
		return "", 0, &Error{name, wrong}
	}
	var list []any
	if err := d.Decode(&list); err != nil {
		return "", 0, &Error{name, "its operations are not a list of strings"}
	}
	if len(list) == 0 {
		return "", 0, &Error{name, "its list of operations is empty"}
	}
	for _, v := range list {
		text, ok := v.(string)
		if !ok {
			return "", 0, &Error{name, "its operations are not a list of strings"}
		}
		if text == wildcard {
			if len(list) > 1 {
				return "", 0, &Error{name, "* stands for every operation and must be alone in its list"}
			}
			return name, All, nil
		}
		op, ok := opOf(text)
		if !ok {
			return "", 0, &Error{name, fmt.Sprintf("there is no operation %.40q", text)}
		}
		ops |= op
	}
	return name, ops, nil
}
