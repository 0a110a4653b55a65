package config

import (
	"fmt"
	"io"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"
)

// A View says what Render writes.
type View struct {
	Reveal  bool                // secrets too: for a file that only its owner can read
	Origins bool                // a comment after each value that says where it is from
	Keep    func(*Setting) bool // nil: all
}

// Render writes the settings as a configuration file.
func (s *Schema) Render(w io.Writer, view View) error {
	root := s.root.render(view)
	if root == nil {
		return nil
	}
	out := yaml.NewEncoder(w)
	out.SetIndent(2)
	if err := out.Encode(root); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	return out.Close()
}

func (g *group) render(view View) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for _, e := range g.entries {
		var c *yaml.Node
		switch {
		case e.group != nil:
			c = e.group.render(view)
		case view.Keep == nil || view.Keep(e.setting):
			c = node(e.setting.value, e.setting.secret, view.Reveal)
			if view.Origins {
				c.LineComment = e.setting.Origin
			}
		}
		if c != nil {
			n.Content = append(n.Content, text(e.name), c)
		}
	}
	if len(n.Content) == 0 {
		return nil
	}
	return n
}

// Shown returns the value on one line, without secrets.
func (s *Setting) Shown() string {
	n := node(s.value, s.secret, false)
	if n.Kind == yaml.ScalarNode {
		return n.Value
	}
	if len(n.Content) == 0 {
		return ""
	}
	b, err := yaml.Marshal(n)
	if err != nil {
		return err.Error()
	}
	return string(b[:len(b)-1])
}

func text(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s} }

// node turns a value into YAML. Lists and maps stay on one line.
func node(v reflect.Value, secret string, reveal bool) *yaml.Node {
	t := v.Type()
	switch {
	case isScalar(t):
		s := scalarText(v)
		if t == reflect.TypeFor[Secret]() && secret == "" {
			secret = "true"
		}
		if secret != "" && !reveal {
			return text(redact(secret, s))
		}
		if v.Kind() == reflect.String || isText(t) {
			return text(s)
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Value: s}
	case v.Kind() == reflect.Slice:
		n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for i := range v.Len() {
			n.Content = append(n.Content, node(v.Index(i), secret, reveal))
		}
		return n
	case v.Kind() == reflect.Map:
		n := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int {
			if a.String() < b.String() {
				return -1
			}
			return 1
		})
		for _, k := range keys {
			n.Content = append(n.Content, text(k.String()), node(v.MapIndex(k), secret, reveal))
		}
		return n
	default:
		n := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
		for _, f := range fieldsOf(t) {
			x := v.FieldByIndex(f.index)
			if x.IsZero() {
				continue
			}
			n.Content = append(n.Content, text(f.name), node(x, f.secret, reveal))
		}
		return n
	}
}
