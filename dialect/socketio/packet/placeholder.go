package packet

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// A Placeholder is where in some JSON an attachment belongs: the object data[Start:End] stands for attachment Num.
type Placeholder struct {
	Start, End int
	Num        int
}

// Placeholders appends the placeholders in data to dst, in the order they stand there, and returns the extended slice.
// data is JSON of any kind that json.Valid accepts.
//
// A placeholder is what the reference takes for one: any object whose _placeholder is true, whatever else it holds and
// in whichever order. Its num must be below attachments, or the packet is refused with an error that wraps
// ErrMalformed. As in the reference, one attachment may be used twice or not at all.
func Placeholders(data []byte, attachments int, dst []Placeholder) ([]Placeholder, error) {
	if !bytes.Contains(data, []byte(keyPlaceholder)) && bytes.IndexByte(data, '\\') < 0 {
		return dst, nil
	}
	s := finder{data: data, found: dst}
	if _, ok := s.value(skipSpace(data, 0)); !ok {
		return dst, malformed("payload is not JSON", 0)
	}
	for _, p := range s.found[len(dst):] {
		if p.Num < 0 || p.Num >= attachments {
			return dst, malformed("placeholder without an attachment", p.Start)
		}
	}
	return s.found, nil
}

// The members of a placeholder.
const (
	keyPlaceholder = "_placeholder"
	keyNum         = "num"
)

// maxNesting is where json.Valid stops too. It keeps the stack small should someone not have asked it.
const maxNesting = 10_000

// A finder walks valid JSON once.
type finder struct {
	data  []byte
	found []Placeholder
	depth int
}

// value walks the value that begins at i and returns the index behind it.
func (s *finder) value(i int) (end int, ok bool) {
	if i >= len(s.data) || s.data[i] != '[' && s.data[i] != '{' {
		return skipValue(s.data, i)
	}
	if s.depth++; s.depth > maxNesting {
		return i, false
	}
	if s.data[i] == '[' {
		end, ok = s.array(i)
	} else {
		end, ok = s.object(i)
	}
	s.depth--
	return end, ok
}

func (s *finder) array(i int) (end int, ok bool) {
	if i = skipSpace(s.data, i+1); i < len(s.data) && s.data[i] == ']' {
		return i + 1, true
	}
	for {
		if i, ok = s.value(i); !ok {
			return i, false
		}
		i = skipSpace(s.data, i)
		if i >= len(s.data) {
			return i, false
		}
		switch s.data[i] {
		case ',':
			i = skipSpace(s.data, i+1)
		case ']':
			return i + 1, true
		default:
			return i, false
		}
	}
}

// object walks an object. Of a key that stands there twice the last one counts, as in JSON.parse. What is found
// inside an object that turns out to be a placeholder itself is forgotten: the reference replaces it unseen.
func (s *finder) object(i int) (end int, ok bool) {
	start, mark := i, len(s.found)
	stands, num := false, -1
	if i = skipSpace(s.data, i+1); i < len(s.data) && s.data[i] == '}' {
		return i + 1, true
	}
	for {
		key, at, ok := s.key(i)
		if !ok {
			return at, false
		}
		if end, ok = s.value(at); !ok {
			return end, false
		}
		switch value := s.data[at:end]; {
		case isKey(key, keyPlaceholder):
			stands = string(value) == "true"
		case isKey(key, keyNum):
			num = index(value)
		}
		if i = skipSpace(s.data, end); i >= len(s.data) {
			return i, false
		}
		switch s.data[i] {
		case ',':
			i = skipSpace(s.data, i+1)
		case '}':
			if stands {
				s.found = append(s.found[:mark], Placeholder{Start: start, End: i + 1, Num: num})
			}
			return i + 1, true
		default:
			return i, false
		}
	}
}

// key reads `"key" :` at i and returns the key with its quotes and the index of the value.
func (s *finder) key(i int) (key []byte, value int, ok bool) {
	if i >= len(s.data) || s.data[i] != '"' {
		return nil, i, false
	}
	end, ok := skipString(s.data, i)
	if !ok {
		return nil, end, false
	}
	value = skipSpace(s.data, end)
	if value >= len(s.data) || s.data[value] != ':' {
		return nil, value, false
	}
	return s.data[i:end], skipSpace(s.data, value+1), true
}

// isKey reports whether the JSON string key spells name, escapes undone.
func isKey(key []byte, name string) bool {
	if plain, ok := unescaped(key); ok {
		return string(plain) == name
	}
	if len(key) < len(name)+2 || len(key) > 6*len(name)+2 { // an escape is at most six bytes for one
		return false
	}
	var s string
	return json.Unmarshal(key, &s) == nil && s == name
}

// index reads a placeholder's num; -1 if it is not a plain decimal number.
func index(lit []byte) int {
	if len(lit) == 0 || !isDigit(lit[0]) {
		return -1
	}
	n, err := strconv.Atoi(string(lit))
	if err != nil {
		return -1
	}
	return n
}
