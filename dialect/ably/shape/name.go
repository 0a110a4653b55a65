package shape

import (
	"strings"

	"madang"
	"madang/dialect/ably/protocol"
)

// SplitName takes a channel's name as a client writes it apart: the qualifier with its brackets, which is usually empty,
// the query inside it, and the channel's own name. In front of the query a filter may stand; see [Filter]. The error is for
// the client.
func SplitName(wire string) (qualifier, query, name string, err error) {
	name = wire
	if strings.HasPrefix(wire, "[") {
		inside, rest, ok := strings.Cut(wire[1:], "]")
		what, q, isQuery := strings.Cut(inside, "?")
		if !ok || what != "" && !strings.HasPrefix(what, filterPrefix) || what == "" && !isQuery && inside != "" {
			return "", "", "", badName("The qualifier of the channel's name is not supported, or not closed.")
		}
		if len(inside) > maxQualifier {
			return "", "", "", badName("The qualifier of the channel's name is too long.")
		}
		name, qualifier, query = rest, wire[:len(wire)-len(rest)], q
	}
	if strings.TrimLeft(name, ":, \t[") != name || (madang.Channel{Name: name}).Validate() != nil {
		return "", "", "", badName("The name of the channel is not valid: it is empty, too long, or begins with a character that it must not begin with.")
	}
	return qualifier, query, name, nil
}

const filterPrefix = "filter="

// maxQualifier is how long a qualifier may be, in bytes: all that its subscriber is sent brings it along.
const maxQualifier = 1024

// Filter returns the filter of a qualifier, as it is written there; ok is false if it has none.
func Filter(qualifier string) (encoded string, ok bool) {
	inside, _, _ := strings.Cut(strings.Trim(qualifier, "[]"), "?")
	return strings.CutPrefix(inside, filterPrefix)
}

func badName(message string) *protocol.ErrorInfo { return Info(CodeBadChannel, message) }
