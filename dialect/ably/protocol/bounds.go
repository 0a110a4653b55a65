package protocol

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// maxList is how many messages, or entries of a batch, one text may list. What a list of empty ones becomes in memory is
// hundreds of times as long as its text.
const maxList = 4096

func tooMany() error { return fmt.Errorf("a list has more than %d entries", maxList) }

// A length is that of a list of which nothing else is kept: of the longest, if there are several of one name.
type length int

// UnmarshalJSON implements json.Unmarshaler.
func (n *length) UnmarshalJSON(b []byte) error {
	var all []entry
	_ = json.Unmarshal(b, &all) // what is wrong with it is found when it is read
	*n = max(*n, length(len(all)))
	return nil
}

// An entry takes no memory.
type entry struct{}

// UnmarshalJSON implements json.Unmarshaler: whatever it is, it counts.
func (*entry) UnmarshalJSON([]byte) error { return nil }

// bounded refuses a text whose lists are too long to be read. None has more entries than the text has commas, and one: what
// has few of them need not be looked at twice.
func bounded(b []byte) error {
	if bytes.Count(b, []byte{','}) < maxList {
		return nil
	}
	var in struct{ Messages, Presence, Annotations length }
	var err error
	if isArray(b) {
		err = json.Unmarshal(b, &in.Messages)
	} else {
		err = json.Unmarshal(b, &in)
	}
	if err == nil && max(in.Messages, in.Presence, in.Annotations) > maxList {
		err = tooMany()
	}
	return err
}

// A shallow is a JSON value that is not nested too deeply to be put into others and read again, or to become MessagePack.
type shallow json.RawMessage

// UnmarshalJSON implements json.Unmarshaler.
func (v *shallow) UnmarshalJSON(b []byte) error {
	if tooDeep(b) {
		return errDeep
	}
	*v = bytes.Clone(b)
	return nil
}

// tooDeep reports whether a JSON value, which is valid, is nested deeper than maxDepth.
func tooDeep(b []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
