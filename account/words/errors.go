package words

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
)

// Errors are what is wrong with a form, by its fields. The zero value says that nothing is.
type Errors struct {
	speaker Speaker
	fields  []string // in the order in which they were first found wrong
	texts   map[string][]string
}

// NewErrors returns an empty list for somebody to be told by s.
func NewErrors(s Speaker) *Errors { return &Errors{speaker: s} }

// Add adds a text about a field, which is the attribute that it speaks of.
func (e *Errors) Add(field string, key Key, pairs ...string) {
	e.AddText(field, e.speaker.Say(key, append([]string{"attribute", field}, pairs...)...))
}

// AddText adds a text about a field.
func (e *Errors) AddText(field, text string) {
	if e.texts == nil {
		e.texts = map[string][]string{}
	}
	if !slices.Contains(e.fields, field) {
		e.fields = append(e.fields, field)
	}
	e.texts[field] = append(e.texts[field], text)
}

// Any reports whether anything is wrong.
func (e *Errors) Any() bool { return len(e.fields) > 0 }

// Has reports whether a field is wrong.
func (e *Errors) Has(field string) bool { return slices.Contains(e.fields, field) }

// Fields returns the fields that are wrong, in the order in which they were found.
func (e *Errors) Fields() []string { return slices.Clone(e.fields) }

// Of returns the texts about a field.
func (e *Errors) Of(field string) []string { return e.texts[field] }

// Message returns the sentence for the whole form: that of Laravel 8, or the first text and how many more there are.
func (e *Errors) Message() string {
	if !e.Any() || e.speaker.Profile == Laravel8 && e.speaker.Language != Korean {
		return e.speaker.Say(Invalid)
	}
	more := -1
	for _, all := range e.texts {
		more += len(all)
	}
	first := e.texts[e.fields[0]][0]
	switch more {
	case 0:
		return first
	case 1:
		return first + " " + e.speaker.Say(MoreError, "count", "1")
	}
	return first + " " + e.speaker.Say(MoreErrors, "count", Number(more))
}

// Error returns the message.
func (e *Errors) Error() string { return e.Message() }

// MarshalJSON returns the body of Laravel's answer 422. The fields come in their order: clients show the first.
func (e *Errors) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	put := func(before string, v any) error {
		text, err := json.Marshal(v)
		b.WriteString(before)
		b.Write(text)
		return err
	}
	err := put(`{"message":`, e.Message())
	b.WriteString(`,"errors":{`)
	for i, field := range e.fields {
		before := ""
		if i > 0 {
			before = ","
		}
		err = errors.Join(err, put(before, field), put(":", e.texts[field]))
	}
	b.WriteString("}}")
	return b.Bytes(), err
}
