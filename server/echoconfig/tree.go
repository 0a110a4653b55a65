package echoconfig

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

const (
	maxFile  = 1 << 20 // bytes
	maxDepth = 32      // of objects and lists; the deepest known key is in the fourth
)

type kind int

const (
	isNull kind = iota
	isBool
	isNumber
	isText
	isList
	isObject
)

// name says what a value is, for messages.
func (k kind) String() string {
	return [...]string{"null", "true or false", "a number", "a text", "a list", "an object"}[k]
}

// A node is a value of the file. It knows its line, so that messages can name it, and objects keep the order of their
// keys, so that what is written again looks as it did.
type node struct {
	kind    kind
	line    int
	text    string // of a text its value; of a number, true and false what is written
	items   []*node
	members []member
	origin  string // where it is from, if not from the file
}

type member struct {
	name  string
	line  int
	value *node
}

// find returns the value of a key: the last one if the file has it twice, as in JavaScript.
func (n *node) find(name string) *node {
	for _, m := range slices.Backward(n.members) {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// set gives a key a value, at the end if it is new.
func (n *node) set(name string, value *node) {
	for i, m := range slices.Backward(n.members) {
		if m.name == name {
			n.members[i].value = value
			return
		}
	}
	n.members = append(n.members, member{name: name, value: value})
}

// A syntaxError says in which line the file is no JSON.
type syntaxError struct {
	line int
	text string
}

// Error says it.
func (e *syntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.text) }

// parseTree reads one JSON object.
func parseTree(b []byte) (*node, error) {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	if len(b) > maxFile {
		return nil, &syntaxError{1, fmt.Sprintf("has %d bytes, more than %d: this is no configuration file", len(b), maxFile)}
	}
	var whole json.RawMessage
	if err := json.Unmarshal(b, &whole); err != nil {
		return nil, explainSyntax(b, err)
	}
	p := &parser{in: json.NewDecoder(bytes.NewReader(b)), source: b, line: 1}
	p.in.UseNumber()
	root, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if root.kind != isObject {
		return nil, &syntaxError{root.line, fmt.Sprintf("the file holds %v, expected an object: { \"authHost\": … }", root.kind)}
	}
	return root, nil
}

// explainSyntax finds the line and the mistakes that people make by hand.
func explainSyntax(b []byte, err error) error {
	syntax, ok := errors.AsType[*json.SyntaxError](err)
	if !ok {
		return &syntaxError{1, err.Error()}
	}
	at := min(max(int(syntax.Offset)-1, 0), len(b))
	line, hint := 1+bytes.Count(b[:at], []byte("\n")), ""
	before := strings.TrimRight(string(b[:at]), " \t\r\n")
	switch rest := string(b[at:]); {
	case len(bytes.TrimSpace(b)) == 0:
		hint = "; the file is empty"
	case strings.HasPrefix(rest, "/"):
		hint = "; JSON has no comments"
	case strings.HasSuffix(before, ",") && (strings.HasPrefix(rest, "}") || strings.HasPrefix(rest, "]")):
		hint = "; remove the comma before it"
	case strings.HasPrefix(rest, `"`) || strings.HasPrefix(rest, "{") || strings.HasPrefix(rest, "["):
		hint = "; is a comma missing before it?"
	}
	return &syntaxError{line, "not valid JSON: " + err.Error() + hint}
}

// A parser builds the tree of a text that is known to be valid.
type parser struct {
	in     *json.Decoder
	source []byte
	seen   int // bytes of which the lines are counted
	line   int
}

// next returns a token and the line it ends in.
func (p *parser) next() (json.Token, int, error) {
	t, err := p.in.Token()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, p.line, &syntaxError{p.line, err.Error()}
	}
	end := int(p.in.InputOffset())
	p.line += bytes.Count(p.source[p.seen:end], []byte("\n"))
	p.seen = end
	return t, p.line, nil
}

func (p *parser) value(depth int) (*node, error) {
	t, line, err := p.next()
	if err != nil {
		return nil, err
	}
	n := &node{line: line}
	switch t := t.(type) {
	case bool:
		n.kind, n.text = isBool, fmt.Sprint(t)
	case json.Number:
		n.kind, n.text = isNumber, t.String()
	case string:
		n.kind, n.text = isText, t
	case json.Delim:
		if depth == maxDepth {
			return nil, &syntaxError{line, "too many objects inside each other"}
		}
		if t == '[' {
			n.kind = isList
			return n, p.list(n, depth)
		}
		n.kind = isObject
		return n, p.object(n, depth)
	}
	return n, nil
}

func (p *parser) list(n *node, depth int) error {
	for p.in.More() {
		item, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	_, _, err := p.next()
	return err
}

func (p *parser) object(n *node, depth int) error {
	for p.in.More() {
		t, line, err := p.next()
		if err != nil {
			return err
		}
		name, _ := t.(string) // keys of valid JSON are texts
		value, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		n.members = append(n.members, member{name, line, value})
	}
	_, _, err := p.next()
	return err
}
