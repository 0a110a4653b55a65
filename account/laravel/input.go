package laravel

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"madang/account/words"
)

// An Input is what a request carries: the fields of its body or, if it is a GET, of its address. It is not changed after Read.
type Input struct {
	method string
	values map[string]any // string, json.Number, bool, nil, []any or map[string]any
	files  map[string]File
}

// A File is one that was uploaded.
type File struct {
	Name string // as the client calls it: for nothing but people to read
	Data []byte // at most Limits.File bytes
	// Large says that there was more than that. Data is no more than its beginning then.
	Large bool
}

// Method returns what the request asks for: its own method, or the one that a POST passes itself off as.
func (in *Input) Method() string { return in.method }

// Has reports whether there is a field, of any type.
func (in *Input) Has(name string) bool { _, ok := in.values[name]; return ok }

// verbatim are the fields whose spaces belong to them (the middleware TrimStrings).
func verbatim(name string) bool {
	return name == "password" || name == "password_confirmation" || name == "current_password"
}

// Text returns a field that is text, without space around it unless it is a password; empty if there is none.
func (in *Input) Text(name string) string {
	text, _ := in.values[name].(string)
	if verbatim(name) {
		return text
	}
	return strings.TrimSpace(text)
}

// Flag reports whether a field says yes, in one of the ways that Request::boolean knows: 1, true, on, yes.
func (in *Input) Flag(name string) bool {
	switch v := in.values[name].(type) {
	case bool:
		return v
	case json.Number:
		return v == "1"
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "1", "true", "on", "yes":
			return true
		}
	}
	return false
}

// List returns the texts in a field that is a list, such as permissions[] of a form; nil if there is none.
func (in *Input) List(name string) []string {
	var items []any
	switch v := in.values[name].(type) {
	case []any:
		items = v
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			items = append(items, v[key])
		}
	}
	var all []string
	for _, item := range items {
		if text, ok := item.(string); ok {
			all = append(all, text)
		}
	}
	return all
}

// File returns a file; ok is false if there is none.
func (in *Input) File(name string) (f File, ok bool) {
	f, ok = in.files[name]
	return f, ok
}

// Texts returns errors about those of the fields that are there and not text (the rule "string"): nobody's name is a list.
// Null, the empty text and an empty list count as not there.
func (in *Input) Texts(s words.Speaker, names ...string) *words.Errors {
	e := words.NewErrors(s)
	for _, name := range names {
		switch v := in.values[name].(type) {
		case nil, string:
		case []any:
			if len(v) > 0 {
				e.Add(name, words.String)
			}
		default:
			e.Add(name, words.String)
		}
	}
	return e
}
