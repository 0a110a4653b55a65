package echoconfig

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"madang/internal/config"
)

// A reader goes through the tree and collects what is wrong and what is odd.
type reader struct {
	file     string
	problems config.Problems
	warnings config.Problems
	origins  map[string]string
}

// place returns where a value is, for messages.
func (r *reader) place(n *node) (where string, line int) {
	if n.origin != "" {
		return n.origin, 0
	}
	return r.file, n.line
}

func (r *reader) refuse(n *node, key, format string, args ...any) {
	where, line := r.place(n)
	r.problems = append(r.problems, config.Problem{Where: where, Line: line, Key: key, Text: fmt.Sprintf(format, args...)})
}

func (r *reader) warn(n *node, key, format string, args ...any) {
	where, line := r.place(n)
	r.warnings = append(r.warnings, config.Problem{Where: where, Line: line, Key: key, Text: fmt.Sprintf(format, args...)})
}

// An object is a part of the file that is being read. What has been asked for is known; the rest is warned of.
type object struct {
	*reader
	path  string
	node  *node
	known []string
}

// key returns the path of a key. One that would spoil a line of the log is quoted.
func (o *object) key(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		name = strconv.Quote(name)
	}
	if o.path == "" {
		return name
	}
	return o.path + "." + name
}

// get returns the value of a key and notes where it is from, or nil if the file does not have it or has null there.
func (o *object) get(name string) *node {
	o.known = append(o.known, name)
	n := o.node.find(name)
	if n == nil || n.kind == isNull {
		return nil
	}
	if where := n.origin; where != "" {
		o.origins[o.key(name)] = where
	} else {
		o.origins[o.key(name)] = o.file + ": " + o.key(name)
	}
	return n
}

// wrong refuses a value of the wrong kind, without repeating it: it may be a secret in the wrong place.
func (o *object) wrong(n *node, name, want string) {
	o.refuse(n, o.key(name), "is %v, expected %s", n.kind, want)
}

// text reads a text. A number is taken as its digits: passwords and names are often written so.
func (o *object) text(name string, to *string) *node {
	n := o.get(name)
	if n == nil {
		return nil
	}
	if n.kind != isText && n.kind != isNumber {
		o.wrong(n, name, "a text")
		return nil
	}
	*to = n.text
	return n
}

// secret reads a text that is not to be shown.
func (o *object) secret(name string, to *Secret) {
	var text string
	if o.text(name, &text) != nil {
		*to = Secret(text)
	}
}

// flag reads true or false, also as a text, which is how variables come.
func (o *object) flag(name string, to *bool) {
	n := o.get(name)
	switch {
	case n == nil:
	case n.kind != isBool && n.kind != isText || n.text != "true" && n.text != "false":
		o.wrong(n, name, "true or false")
	default:
		*to = n.text == "true"
	}
}

// number reads a whole number, also as a text.
func (o *object) number(name string, to *int, least, most int) *node {
	n := o.get(name)
	if n == nil {
		return nil
	}
	if n.kind == isText && n.text == "" {
		return nil // as a variable that is empty
	}
	v, err := strconv.Atoi(strings.TrimSpace(n.text))
	if n.kind != isNumber && n.kind != isText || err != nil || v < least || v > most {
		o.refuse(n, o.key(name), "expected a whole number from %d to %d", least, most)
		return nil
	}
	*to = v
	return n
}

// maxMillis is a day: no timeout is longer, and none overflows.
const maxMillis = 24 * 60 * 60 * 1000

// millis reads a time in milliseconds. Zero is the default, as in JavaScript, where 0 || 25000 is 25000.
func (o *object) millis(name string, to *time.Duration) {
	var v int
	if n := o.number(name, &v, 0, maxMillis); n == nil {
		return
	} else if v == 0 {
		delete(o.origins, o.key(name))
		o.warn(n, o.key(name), "0 is no time: the default is used, as laravel-echo-server does")
		return
	}
	*to = time.Duration(v) * time.Millisecond
}

// texts reads one text or a list of them.
func (o *object) texts(name, want string) ([]string, *node) {
	n := o.get(name)
	switch {
	case n == nil:
		return nil, nil
	case n.kind == isText:
		return []string{n.text}, n
	case n.kind != isList:
		o.wrong(n, name, want)
		return nil, nil
	}
	var all []string
	for _, item := range n.items {
		if item.kind != isText {
			o.refuse(item, o.key(name), "holds %v, expected %s", item.kind, want)
			return nil, nil
		}
		all = append(all, item.text)
	}
	return all, n
}

// child returns the object under a key, or nil.
func (o *object) child(name string) *object {
	n := o.get(name)
	if n == nil {
		return nil
	}
	if n.kind != isObject {
		o.wrong(n, name, "an object: { … }")
		return nil
	}
	return &object{reader: o.reader, path: o.key(name), node: n}
}

// idle warns of keys that are known and have no effect, each with its reason.
func (o *object) idle(reasons map[string]string) {
	for _, m := range o.node.members {
		if why, ok := reasons[m.name]; ok {
			if n := o.get(m.name); n != nil {
				o.warn(n, o.key(m.name), "has no effect: %s", why)
			}
		}
	}
	for name := range reasons {
		o.known = append(o.known, name)
	}
	slices.Sort(o.known) // of two names that are equally near, always the same is proposed
}

// done warns of the keys that nobody asked for and of those that are there twice. laravel-echo-server ignores them
// without a word, so they stop nothing.
func (o *object) done() {
	seen := map[string]int{}
	for _, m := range o.node.members {
		if first := seen[m.name]; first > 0 {
			o.warn(m.value, o.key(m.name), "is there twice, first in line %d; the last one counts", first)
		}
		seen[m.name] = m.line
		if slices.Contains(o.known, m.name) {
			continue
		}
		hint := "; remove it"
		if best := config.Nearest(m.name, o.known); best != "" {
			hint = "; did you mean " + best + "?"
		}
		o.warn(m.value, o.key(m.name), "is unknown and has no effect, as with laravel-echo-server%s", hint)
	}
}
