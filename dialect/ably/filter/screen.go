package filter

import (
	"fmt"
	"strings"
)

// maxDepth is how deep brackets of an expression may be nested.
const maxDepth = 16

// screen reports what an expression has that makes its cost hard to bound. It need not know the grammar: whatever it lets
// through still has to be read by the parser.
func screen(text string) error {
	depth := 0
	for i := 0; i < len(text); {
		n, err := token(text[i:])
		if err != nil {
			return err
		}
		switch text[i] {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		}
		if depth > maxDepth {
			return fmt.Errorf("the brackets of the filter are nested deeper than %d", maxDepth)
		}
		i += n
	}
	return nil
}

// token returns the length of the first token, which is at least 1, or why it may not be in a filter.
func token(text string) (n int, err error) {
	switch c := text[0]; {
	case c == '\'' || c == '"' || c == '`':
		n = 1 + quoted(text[1:], c)
		if inside := strings.TrimLeft(text[1:n], " \t\r\n"); c == '`' && inside != "" && (inside[0] == '[' || inside[0] == '{') {
			return 0, refused("literals that are lists or objects")
		}
		return n, nil
	case c == '*':
		return 0, refused("wildcards")
	case c == '{':
		return 0, refused("objects")
	case c == '&' && !strings.HasPrefix(text, "&&"):
		return 0, refused("expressions as arguments")
	case c == '&':
		return 2, nil
	case c == '[':
		if inside := strings.TrimLeft(text[1:], " \t\r\n"); inside == "" || !strings.ContainsRune("?-0123456789", rune(inside[0])) {
			return 0, refused("lists and flattening")
		}
	case letter(c):
		for n < len(text) && (letter(text[n]) || text[n] >= '0' && text[n] <= '9') {
			n++
		}
		if strings.HasPrefix(strings.TrimLeft(text[n:], " \t\r\n"), "(") && !function(text[:n]) {
			return 0, refused("the function " + text[:n])
		}
		return n, nil
	}
	return 1, nil
}

// quoted returns the length of what stands before a closing quote, with the quote; without one, of all.
func quoted(text string, quote byte) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case quote:
			return i + 1
		}
	}
	return len(text)
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

// function reports whether a function gives no more than it is given.
func function(name string) bool {
	switch name {
	case "abs", "avg", "ceil", "contains", "ends_with", "floor", "length", "max", "min", "not_null", "starts_with", "sum", "to_number", "type":
		return true
	}
	return false
}

func refused(what string) error { return fmt.Errorf("filters cannot have %s", what) }
