package packet

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// Reconstruct decodes one argument of a packet into the value v points to, like json.Unmarshal, with the attachments
// in the places of their placeholders.
//
//   - Into a *[]byte, and in whatever a *any, *map[string]any or *[]any comes to hold, an attachment is a []byte that
//     aliases attachments.
//   - Into anything else an attachment is decoded as its base64 string, which is how encoding/json writes a []byte: the
//     []byte fields of structs, maps and slices of any type get a copy of it.
//
// Without attachments (a packet that is not binary) there are no placeholders and an object that looks like one is
// just an object. Errors wrap ErrMalformed if the argument itself is wrong and ErrArgument if it does not fit v.
func Reconstruct(raw json.RawMessage, attachments [][]byte, v any) error {
	if len(attachments) == 0 {
		return unmarshal(raw, v)
	}
	if !json.Valid(raw) {
		return malformed("argument is not JSON", 0)
	}
	found, err := Placeholders(raw, len(attachments), nil)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return unmarshal(raw, v)
	}
	if whole := found[0].Start == skipSpace(raw, 0); whole {
		switch target := v.(type) {
		case *[]byte:
			*target = attachments[found[0].Num]
			return nil
		case *map[string]any:
			return fmt.Errorf("%w: a binary value does not fit %T", ErrArgument, v)
		}
	}
	switch target := v.(type) {
	case *any:
		*target = nil // else json.Unmarshal decodes into what a pointer in it points to
		err = unmarshal(raw, target)
		*target = fill(*target, attachments)
	case *map[string]any:
		err = unmarshal(raw, target)
		fill(*target, attachments)
	case *[]any:
		err = unmarshal(raw, target)
		fill(*target, attachments)
	default:
		err = unmarshal(inline(raw, found, attachments), v)
	}
	return err
}

func unmarshal(raw []byte, v any) error {
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("%w: %w", ErrArgument, err)
	}
	return nil
}

// fill replaces the placeholders in a decoded value. Their numbers have been checked.
func fill(v any, attachments [][]byte) any {
	switch v := v.(type) {
	case map[string]any:
		if stands, _ := v["_placeholder"].(bool); stands {
			if num, ok := v["num"].(float64); ok && num >= 0 && int(num) < len(attachments) {
				return attachments[int(num)]
			}
		}
		for key, inner := range v {
			v[key] = fill(inner, attachments)
		}
	case []any:
		for i, inner := range v {
			v[i] = fill(inner, attachments)
		}
	}
	return v
}

// inline copies raw with each placeholder replaced by its attachment as a base64 string.
func inline(raw []byte, found []Placeholder, attachments [][]byte) []byte {
	size := len(raw)
	for _, p := range found {
		size += base64.StdEncoding.EncodedLen(len(attachments[p.Num])) + 2
	}
	out := make([]byte, 0, size)
	at := 0
	for _, p := range found {
		out = append(out, raw[at:p.Start]...)
		out = append(out, '"')
		out = base64.StdEncoding.AppendEncode(out, attachments[p.Num])
		out = append(out, '"')
		at = p.End
	}
	return append(out, raw[at:]...)
}
