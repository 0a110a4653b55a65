package packet

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Deconstruct appends the JSON array of args to dst, with a placeholder for each binary value, and returns it together
// with the binary values. They become a packet's Data and its attachments:
//
//		data, parts, err := packet.Deconstruct(nil, "photo", bytes)
//		p := packet.Packet{Type: packet.Event.With(len(parts)), Attachments: len(parts), Data: data}
//
//	  - A []byte is binary, an empty or nil one too: as an argument, and in any nesting of map[string]any and []any.
//	    The attachments alias the arguments.
//	  - A json.RawMessage goes out as it is; nil is null.
//	  - Anything else is encoded by encoding/json without HTML escapes. A []byte inside a struct or another type of map
//	    or slice is therefore a base64 string, as everywhere in Go.
//
// Map keys are sorted. Receivers refuse more than DefaultMaxAttachments attachments unless told otherwise.
//
// If there is an attachment, no other value may look like a placeholder: the receiver could not tell them apart, and a
// client whose words are handed on could make other clients close. Errors wrap ErrArgument and say which argument.
func Deconstruct(dst []byte, args ...any) (data []byte, attachments [][]byte, err error) {
	b := builder{out: append(dst, '[')}
	for i, arg := range args {
		if i > 0 {
			b.out = append(b.out, ',')
		}
		if err := b.value(arg, 1); err != nil {
			return dst, nil, fmt.Errorf("%w %d: %w", ErrArgument, i, err)
		}
	}
	b.out = append(b.out, ']')
	if err := b.check(len(dst)); err != nil {
		return dst, nil, err
	}
	return b.out, b.parts, nil
}

// A builder collects the JSON and the binary values.
type builder struct {
	out    []byte
	parts  [][]byte
	starts []int // where in out each part's placeholder begins
	enc    *json.Encoder
}

// Write makes the builder the destination of its own json.Encoder.
func (b *builder) Write(p []byte) (int, error) {
	b.out = append(b.out, p...)
	return len(p), nil
}

func (b *builder) value(v any, depth int) error {
	switch v := v.(type) {
	case nil:
		b.out = append(b.out, "null"...)
	case []byte:
		b.binary(v)
	case json.RawMessage:
		return b.raw(v)
	case string:
		return b.text(v)
	case bool:
		b.out = strconv.AppendBool(b.out, v)
	case int:
		b.out = strconv.AppendInt(b.out, int64(v), 10)
	case map[string]any:
		return b.object(v, depth+1)
	case []any:
		return b.array(v, depth+1)
	default:
		return b.encode(v)
	}
	return nil
}

func (b *builder) binary(v []byte) {
	b.starts = append(b.starts, len(b.out))
	b.out = append(b.out, `{"_placeholder":true,"num":`...)
	b.out = strconv.AppendInt(b.out, int64(len(b.parts)), 10)
	b.out = append(b.out, '}')
	b.parts = append(b.parts, v)
}

func (b *builder) raw(v json.RawMessage) error {
	switch {
	case v == nil:
		b.out = append(b.out, "null"...)
	case !json.Valid(v) || !utf8.Valid(v):
		return errors.New("json.RawMessage is not valid JSON in UTF-8")
	default:
		b.out = append(b.out, v...)
	}
	return nil
}

func (b *builder) object(m map[string]any, depth int) error {
	if m == nil {
		b.out = append(b.out, "null"...)
		return nil
	}
	if depth > DefaultMaxDepth {
		return errTooDeep
	}
	b.out = append(b.out, '{')
	for i, key := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			b.out = append(b.out, ',')
		}
		if err := b.text(key); err != nil {
			return err
		}
		b.out = append(b.out, ':')
		if err := b.value(m[key], depth); err != nil {
			return err
		}
	}
	b.out = append(b.out, '}')
	return nil
}

func (b *builder) array(s []any, depth int) error {
	if s == nil {
		b.out = append(b.out, "null"...)
		return nil
	}
	if depth > DefaultMaxDepth {
		return errTooDeep
	}
	b.out = append(b.out, '[')
	for i, v := range s {
		if i > 0 {
			b.out = append(b.out, ',')
		}
		if err := b.value(v, depth); err != nil {
			return err
		}
	}
	b.out = append(b.out, ']')
	return nil
}

// errTooDeep also ends maps and slices that contain themselves.
var errTooDeep = fmt.Errorf("nested more than %d levels deep", DefaultMaxDepth)

func (b *builder) text(s string) error {
	if !plainString(s) {
		return b.encode(s)
	}
	b.out = append(b.out, '"')
	b.out = append(b.out, s...)
	b.out = append(b.out, '"')
	return nil
}

// encode writes v with encoding/json.
func (b *builder) encode(v any) error {
	if b.enc == nil {
		b.enc = json.NewEncoder(b)
		b.enc.SetEscapeHTML(false)
	}
	if err := b.enc.Encode(v); err != nil {
		return err
	}
	b.out = b.out[:len(b.out)-1] // the encoder ends each value with a newline
	return nil
}

// plainString reports whether s is its own JSON: printable ASCII without quote and backslash.
func plainString(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// check sees to it that the receiver will find the placeholders that were written, and only those.
func (b *builder) check(from int) error {
	if len(b.parts) == 0 {
		return nil
	}
	found, err := Placeholders(b.out[from:], len(b.parts), make([]Placeholder, 0, len(b.parts)))
	if err != nil || len(found) != len(b.starts) {
		return errLooksLike
	}
	for i, p := range found {
		if p.Start+from != b.starts[i] {
			return errLooksLike
		}
	}
	return nil
}

var errLooksLike = fmt.Errorf("%w: an object beside binary values has \"_placeholder\":true", ErrArgument)
