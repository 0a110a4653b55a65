package packet

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Split appends the top-level elements of the JSON array data to dst and returns the extended slice. The elements
// alias data and are raw JSON without white space around them.
//
// The array must be valid JSON, as Parse leaves it. Split finds only mistakes between the elements, not inside them;
// its errors wrap ErrMalformed.
func Split(data []byte, dst [][]byte) ([][]byte, error) {
	i := skipSpace(data, 0)
	if i >= len(data) || data[i] != '[' {
		return dst, malformed("arguments are not an array", i)
	}
	i = skipSpace(data, i+1)
	if i < len(data) && data[i] == ']' {
		return dst, endOf(data, i+1)
	}
	for {
		end, ok := skipValue(data, i)
		if !ok {
			return dst, malformed("argument missing or unfinished", i)
		}
		dst = append(dst, data[i:end:end])
		i = skipSpace(data, end)
		switch {
		case i < len(data) && data[i] == ',':
			i = skipSpace(data, i+1)
		case i < len(data) && data[i] == ']':
			return dst, endOf(data, i+1)
		default:
			return dst, malformed("arguments are unfinished", i)
		}
	}
}

// endOf complains about anything but white space in data[i:].
func endOf(data []byte, i int) error {
	if i = skipSpace(data, i); i < len(data) {
		return malformed("bytes behind the arguments", i)
	}
	return nil
}

// Name returns the event's name, given an event's first argument: the string, or a number in the form JavaScript
// gives it as a property name (5 and 5.0 are both "5"), because that is what its listeners are registered under.
// Errors wrap ErrMalformed.
func Name(arg0 []byte) (string, error) {
	if len(arg0) == 0 {
		return "", malformed("missing event name", 0)
	}
	if arg0[0] != '"' {
		return numberName(arg0)
	}
	if plain, ok := unescaped(arg0); ok {
		return string(plain), nil
	}
	var s string
	if err := json.Unmarshal(arg0, &s); err != nil {
		return "", malformed("event name is not a string", 0)
	}
	return s, nil
}

// unescaped returns the inside of a JSON string that has no escapes; ok is false if it has some, or is no string.
func unescaped(lit []byte) (inside []byte, ok bool) {
	if len(lit) < 2 || lit[0] != '"' || lit[len(lit)-1] != '"' {
		return nil, false
	}
	inside = lit[1 : len(lit)-1]
	return inside, bytes.IndexByte(inside, '\\') < 0 && bytes.IndexByte(inside, '"') < 0
}

// numberName follows ECMAScript's Number::toString for base 10.
func numberName(lit []byte) (string, error) {
	if c := lit[0]; (c != '-' && !isDigit(c)) || !json.Valid(lit) {
		return "", malformed("event name is neither string nor number", 0)
	}
	f, err := strconv.ParseFloat(string(lit), 64)
	if err != nil {
		return "", fmt.Errorf("%w: event name out of a number's range", ErrMalformed)
	}
	switch abs := math.Abs(f); {
	case f == 0: // also -0
		return "0", nil
	case abs >= 1e-6 && abs < 1e21:
		return strconv.FormatFloat(f, 'f', -1, 64), nil
	}
	return strings.Replace(strconv.FormatFloat(f, 'e', -1, 64), "e-0", "e-", 1), nil
}
