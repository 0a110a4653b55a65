package echoconfig

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A Document is the text of a configuration file that is to be changed. What is not touched stays: unknown keys, the
// order, and values that variables would go over. Only the spaces become those of laravel-echo-server.
type Document struct{ root *node }

// Open reads a document. The error says the line.
func Open(text []byte) (*Document, error) {
	root, err := parseTree(text)
	if err != nil {
		return nil, err
	}
	return &Document{root}, nil
}

// NewID makes an app id as laravel-echo-server does: 8 bytes of random, in hexadecimal digits.
func NewID(random io.Reader) (string, error) { return randomHex(random, 8) }

// NewKey makes a client's key: 16 bytes of random, in hexadecimal digits.
func NewKey(random io.Reader) (string, error) { return randomHex(random, 16) }

func randomHex(random io.Reader, n int) (string, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("read random bytes: %w", err)
	}
	return hex.EncodeToString(b), nil
}

// AddClient adds a client, or gives one that is there the new key. It fails if clients is no list.
func (d *Document) AddClient(id, key string) (updated bool, err error) {
	clients, err := d.clients()
	if err != nil {
		return false, err
	}
	if i := indexOf(clients, id); i >= 0 {
		clients.items[i].set("key", textNode(key))
		return true, nil
	}
	client := &node{kind: isObject}
	client.set("appId", textNode(id))
	client.set("key", textNode(key))
	clients.items = append(clients.items, client)
	return false, nil
}

// RemoveClient removes a client. It reports whether there was one. (laravel-echo-server removes the last of the others if
// there was none.)
func (d *Document) RemoveClient(id string) (removed bool, err error) {
	clients, err := d.clients()
	if err != nil {
		return false, err
	}
	i := indexOf(clients, id)
	if i < 0 {
		return false, nil
	}
	clients.items = slices.Delete(clients.items, i, i+1)
	return true, nil
}

func (d *Document) clients() (*node, error) {
	n := d.root.find("clients")
	if n == nil || n.kind == isNull {
		n = &node{kind: isList}
		d.root.set("clients", n)
	}
	if n.kind != isList {
		return nil, fmt.Errorf("line %d: clients is %v, expected a list", n.line, n.kind)
	}
	return n, nil
}

func indexOf(clients *node, id string) int {
	return slices.IndexFunc(clients.items, func(c *node) bool {
		x := c.find("appId")
		return x != nil && x.text == id
	})
}

func textNode(s string) *node { return &node{kind: isText, text: s} }

// Bytes returns the text as laravel-echo-server writes it: tabs, and no newline at the end.
func (d *Document) Bytes() []byte {
	var b bytes.Buffer
	d.root.write(&b, 0)
	return b.Bytes()
}

func (n *node) write(b *bytes.Buffer, depth int) {
	indent := func(depth int) { b.WriteString("\n" + strings.Repeat("\t", depth)) }
	switch n.kind {
	case isNull:
		b.WriteString("null")
	case isBool, isNumber:
		b.WriteString(n.text)
	case isText:
		b.WriteString(quote(n.text))
	case isList:
		b.WriteByte('[')
		for i, item := range n.items {
			if i > 0 {
				b.WriteByte(',')
			}
			indent(depth + 1)
			item.write(b, depth+1)
		}
		if len(n.items) > 0 {
			indent(depth)
		}
		b.WriteByte(']')
	case isObject:
		b.WriteByte('{')
		for i, m := range n.members {
			if i > 0 {
				b.WriteByte(',')
			}
			indent(depth + 1)
			b.WriteString(quote(m.name) + ": ")
			m.value.write(b, depth+1)
		}
		if len(n.members) > 0 {
			indent(depth)
		}
		b.WriteByte('}')
	}
}

// quote writes a text as JSON.stringify does, which escapes nothing for the sake of HTML.
func quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return `""` // a text can always be encoded
	}
	return strings.TrimSuffix(b.String(), "\n")
}
