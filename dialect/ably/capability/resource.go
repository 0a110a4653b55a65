package capability

import (
	"slices"
	"strings"
)

// anySegment is a segment that stands for any other, and as a type for every type.
const anySegment = "*"

// A resource is the parsed form of a name in a capability.
type resource struct {
	kind     string   // "" for channels, "queue", "meta", or "*"
	segments []string // at least one
}

// parseResource reads a resource and says what is wrong with it, or "".
func parseResource(text string) (r resource, wrong string) {
	kind, name, ok := splitKind(text)
	switch {
	case !ok:
		return resource{}, "the bracket at its beginning is not closed"
	case kind != anySegment && !isType(kind):
		return resource{}, "its type is none of [queue], [meta] and [*]"
	case name == "":
		return resource{}, "it has no name"
	case name[0] == '[':
		return resource{}, "names do not begin with a bracket"
	case strings.ContainsAny(name, "\r\n"):
		return resource{}, "there is a line break in it"
	}
	return resource{kind, strings.Split(name, ":")}, ""
}

// isType reports whether there are names of a type: channels, queues and metachannels.
func isType(kind string) bool { return kind == "" || kind == "queue" || kind == "meta" }

// splitKind takes the type off a name. Without any it is the empty one, of channels.
func splitKind(text string) (kind, name string, ok bool) {
	if !strings.HasPrefix(text, "[") {
		return "", text, true
	}
	kind, name, ok = strings.Cut(text[1:], "]")
	return kind, name, ok && kind != ""
}

// String returns the text that parseResource reads.
func (r resource) String() string {
	name := strings.Join(r.segments, ":")
	if r.kind == "" {
		return name
	}
	return "[" + r.kind + "]" + name
}

// open reports whether the resource goes on for any number of segments.
func (r resource) open() bool { return r.segments[len(r.segments)-1] == anySegment }

// literal reports whether the resource matches one name only, its own text.
func (r resource) literal() bool {
	return r.kind != anySegment && !slices.Contains(r.segments, anySegment)
}

// matches reports whether a name of a type is one of those that the resource stands for.
func (r resource) matches(kind, name string) bool {
	if r.kind != kind && r.kind != anySegment {
		return false
	}
	last, more := len(r.segments)-1, true
	for i, want := range r.segments {
		if !more {
			return false
		}
		if i == last && want == anySegment {
			return true
		}
		var segment string
		if segment, name, more = strings.Cut(name, ":"); want != anySegment && want != segment {
			return false
		}
	}
	return !more
}

// meet returns the resource that stands for exactly what both stand for; ok is false if that is nothing.
func meet(a, b resource) (r resource, ok bool) {
	if r.kind, ok = meetSegment(a.kind, b.kind); !ok {
		return resource{}, false
	}
	if len(a.segments) > len(b.segments) {
		a, b = b, a
	}
	// Now a is not the longer one: it must be open if it is the shorter, and then the rest is b's.
	if len(a.segments) < len(b.segments) && !a.open() {
		return resource{}, false
	}
	r.segments = make([]string, len(b.segments))
	copy(r.segments, b.segments)
	for i, s := range a.segments {
		if r.segments[i], ok = meetSegment(s, b.segments[i]); !ok {
			return resource{}, false
		}
	}
	return r, true
}

func meetSegment(a, b string) (s string, ok bool) {
	switch {
	case a == b || b == anySegment:
		return a, true
	case a == anySegment:
		return b, true
	}
	return "", false
}
