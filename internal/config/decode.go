package config

import (
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxNodes bounds how many nodes are looked at, because aliases let a short file describe a huge value.
const maxNodes = 10_000

// A decoder puts YAML nodes into values and collects what is wrong. It goes on after a problem.
type decoder struct {
	file     string
	problems Problems
	nodes    int
}

type tags struct {
	enum   []string
	secret string
}

func (d *decoder) add(n *yaml.Node, key, format string, args ...any) {
	d.problems.add(d.file, max(1, n.Line), key, format, args...)
}

// resolve follows an alias. It returns nil when the file asks for too much.
func (d *decoder) resolve(n *yaml.Node, key string, depth int) *yaml.Node {
	d.nodes++
	if d.nodes == maxNodes || depth == 2*maxDepth {
		d.add(n, key, "too deep or too large; is an alias (*name) used inside its own anchor (&name)?")
	}
	if d.nodes >= maxNodes || depth >= 2*maxDepth {
		return nil
	}
	if n.Kind == yaml.AliasNode {
		return d.resolve(n.Alias, key, depth+1)
	}
	return n
}

// value puts n into v.
func (d *decoder) value(n *yaml.Node, v reflect.Value, key string, t tags, depth int) {
	if n = d.resolve(n, key, depth); n == nil {
		return
	}
	typ := v.Type()
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		d.add(n, key, "has no value; give it one (%s) or remove the line", typeName(typ, t.enum))
	case n.Kind == yaml.ScalarNode && (isScalar(typ) || isText(typ)):
		if err := setScalar(v, n.Value, t.enum, t.secret); err != nil {
			d.add(n, key, "%v", err)
		}
	case n.Kind == yaml.SequenceNode && typ.Kind() == reflect.Slice:
		list := reflect.MakeSlice(typ, len(n.Content), len(n.Content))
		for i, c := range n.Content {
			d.value(c, list.Index(i), key, t, depth+1)
		}
		v.Set(list)
	case n.Kind == yaml.MappingNode && typ.Kind() == reflect.Map:
		d.mapping(n, v, key, t, depth)
	case n.Kind == yaml.MappingNode && typ.Kind() == reflect.Struct && !isScalar(typ):
		d.structure(n, v, key, depth)
	default:
		d.add(n, key, "is %s, expected %s", kindName(n), typeName(typ, t.enum))
	}
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, key string, t tags, depth int) {
	m := reflect.MakeMap(v.Type())
	for name, c := range d.pairs(n, key) {
		x := reflect.New(v.Type().Elem()).Elem()
		d.value(c, x, join(key, name.Value), t, depth+1)
		m.SetMapIndex(reflect.ValueOf(name.Value).Convert(v.Type().Key()), x)
	}
	v.Set(m)
}

func (d *decoder) structure(n *yaml.Node, v reflect.Value, key string, depth int) {
	fields := fieldsOf(v.Type())
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
next:
	for name, c := range d.pairs(n, key) {
		for _, f := range fields {
			if f.name == name.Value {
				d.value(c, v.FieldByIndex(f.index), join(key, f.name), tags{f.enum, f.secret}, depth+1)
				continue next
			}
		}
		d.add(name, join(key, name.Value), "unknown key%s", orList(name.Value, names))
	}
}

// pairs goes through a map and reports keys that are not texts or come twice.
func (d *decoder) pairs(n *yaml.Node, key string) func(yield func(k, v *yaml.Node) bool) {
	return func(yield func(k, v *yaml.Node) bool) {
		seen := map[string]int{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			k, v := n.Content[i], n.Content[i+1]
			switch first := seen[k.Value]; {
			case k.Kind != yaml.ScalarNode:
				d.add(k, key, "a key must be a plain word")
			case k.Tag == "!!merge":
				d.add(k, key, "<< is not supported; write the keys out")
			case first > 0:
				d.add(k, join(key, k.Value), "is given twice, first in line %d", first)
			default:
				seen[k.Value] = k.Line
				if !yield(k, v) {
					return
				}
			}
		}
	}
}

// orList returns a hint: the nearest of the names, or all if they are few.
func orList(name string, names []string) string {
	if hint := didYouMean(name, names); hint != "" {
		return hint
	}
	if len(names) > 0 && len(names) <= 8 {
		return "; known here: " + strings.Join(names, ", ")
	}
	return ""
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.SequenceNode:
		return "a list"
	case yaml.MappingNode:
		return "a map"
	default:
		return "a single value"
	}
}
