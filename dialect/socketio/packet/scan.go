package packet

// The functions in this file walk JSON that json.Valid has accepted. On anything else they return nonsense or
// ok == false, but they stay within the slice.

// skipSpace returns the index of the first byte of b[i:] that is not JSON white space.
func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// skipString returns the index behind the string whose opening quote is b[i].
func skipString(b []byte, i int) (end int, ok bool) {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1, true
		}
	}
	return len(b), false
}

// skipValue returns the index behind the value that begins at b[i].
func skipValue(b []byte, i int) (end int, ok bool) {
	if i >= len(b) {
		return i, false
	}
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '[', '{':
		return skipNested(b, i)
	}
	start := i
	for i < len(b) && !endsLiteral(b[i]) {
		i++
	}
	return i, i > start
}

// skipNested returns the index behind the array or object that begins at b[i]. It counts brackets and does not
// recurse, so nesting costs no stack.
func skipNested(b []byte, i int) (end int, ok bool) {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			if i, ok = skipString(b, i); !ok {
				return i, false
			}
			continue
		case '[', '{':
			depth++
		case ']', '}':
			if depth--; depth == 0 {
				return i + 1, true
			}
		}
		i++
	}
	return i, false
}

func endsLiteral(c byte) bool {
	switch c {
	case ',', ']', '}', ':', ' ', '\n', '\r', '\t':
		return true
	}
	return false
}

// deeper reports whether arrays and objects in b are nested more than most levels deep.
func deeper(b []byte, most int) bool {
	depth := 0
	for i := 0; i < len(b); {
		switch b[i] {
		case '"':
			i, _ = skipString(b, i)
			continue
		case '[', '{':
			if depth++; depth > most {
				return true
			}
		case ']', '}':
			depth--
		}
		i++
	}
	return false
}
