package config

import (
	"fmt"
	"reflect"
	"strings"
)

// A Section is a struct of settings and its place in the file.
type Section struct {
	Key   string // path with dots; empty: the top
	Doc   string // a sentence for the reference; may be empty
	Value any    // pointer to a struct that holds the defaults; Load changes it
}

// A Setting is one value that can be configured.
type Setting struct {
	Key    string // path with dots
	Env    string // its variable
	Type   string // what to write, for people
	Doc    string
	Secret bool   // it has a variable that ends in _FILE, and is not shown
	Origin string // where the value is from: "default", "file:line", a variable or a flag

	initial string     // the default, as shown
	inner   []innerKey // of its structs
	enum    []string
	secret  string // the tag
	value   reflect.Value
}

// An innerKey is one of the structs that a list or map holds. It is written there, and has no variable.
type innerKey struct {
	key, kind, doc string
}

// Default returns the default as it may be shown.
func (s *Setting) Default() string { return s.initial }

// FromDefault reports whether nobody has set it.
func (s *Setting) FromDefault() bool { return s.Origin == originDefault }

const originDefault = "default"

// A Schema is all that can be configured, in the order of its sections.
type Schema struct {
	prefix   string
	root     *group
	settings []*Setting
	byEnv    map[string]*Setting
	comments Comments
}

// A group is a key that holds others. An entry of it is either a group or a setting.
type group struct {
	key, doc string
	entries  []entry
}

type entry struct {
	name    string
	group   *group
	setting *Setting
}

func (g *group) find(name string) *entry {
	for i := range g.entries {
		if g.entries[i].name == name {
			return &g.entries[i]
		}
	}
	return nil
}

func (g *group) names() []string {
	names := make([]string, len(g.entries))
	for i, e := range g.entries {
		names[i] = e.name
	}
	return names
}

// child returns the group under a name, making it if there is none.
func (g *group) child(name string) (*group, error) {
	if e := g.find(name); e != nil {
		if e.group == nil {
			return nil, fmt.Errorf("%s is both a setting and the key of others", e.setting.Key)
		}
		return e.group, nil
	}
	c := &group{key: join(g.key, name)}
	g.entries = append(g.entries, entry{name: name, group: c})
	return c, nil
}

// NewSchema joins sections to a schema. The prefix of variables ends in an underscore. It fails if two sections have a
// key or a variable in common, which is a mistake in the program.
//
// Fields without the tag doc are explained by their comments, if those are given.
func NewSchema(prefix string, comments Comments, sections ...Section) (*Schema, error) {
	s := &Schema{prefix: prefix, root: &group{}, byEnv: map[string]*Setting{}, comments: comments}
	for _, section := range sections {
		v := reflect.ValueOf(section.Value)
		if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
			return nil, fmt.Errorf("section %q: configuration is a %T, must be a pointer to a struct", section.Key, section.Value)
		}
		g := s.root
		if section.Key != "" {
			for name := range strings.SplitSeq(section.Key, ".") {
				var err error
				if g, err = g.child(name); err != nil {
					return nil, err
				}
			}
		}
		if section.Doc != "" {
			g.doc = section.Doc
		}
		if err := s.grow(g, v.Elem()); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// grow adds the fields of v to g.
func (s *Schema) grow(g *group, v reflect.Value) error {
	for _, f := range fieldsOf(v.Type()) {
		if f.typ.Kind() == reflect.Struct && !isText(f.typ) {
			c, err := g.child(f.name)
			if err != nil {
				return err
			}
			if doc := s.comments.of(f); doc != "" {
				c.doc = doc
			}
			if err := s.grow(c, v.FieldByIndex(f.index)); err != nil {
				return err
			}
			continue
		}
		if g.find(f.name) != nil {
			return fmt.Errorf("%s is declared twice", join(g.key, f.name))
		}
		if err := s.addSetting(g, f, v.FieldByIndex(f.index)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Schema) addSetting(g *group, f field, v reflect.Value) error {
	key := join(g.key, f.name)
	x := &Setting{
		Key: key, Env: variable(s.prefix, key), Type: typeName(f.typ, f.enum), Doc: s.comments.of(f),
		Secret: f.secret != "" || holdsSecret(f.typ, 0), Origin: originDefault,
		enum: f.enum, secret: f.secret, value: v,
	}
	x.inner = s.inside(key, f.typ, 0)
	x.initial = x.Shown()
	for _, name := range x.variables() {
		if other := s.byEnv[name]; other != nil {
			return fmt.Errorf("%s and %s would share the variable %s", other.Key, key, name)
		}
		s.byEnv[name] = x
	}
	s.settings = append(s.settings, x)
	g.entries = append(g.entries, entry{name: f.name, setting: x})
	return nil
}

// inside returns the keys of what a list or map holds, if those are structs: "apps[].id" and "namespaces.*.guard".
func (s *Schema) inside(key string, t reflect.Type, depth int) (all []innerKey) {
	switch {
	case isScalar(t) || depth > maxDepth:
		return nil
	case t.Kind() == reflect.Slice:
		return s.inside(key+"[]", t.Elem(), depth+1)
	case t.Kind() == reflect.Map:
		return s.inside(key+".*", t.Elem(), depth+1)
	}
	for _, f := range fieldsOf(t) {
		k := join(key, f.name)
		all = append(all, innerKey{k, typeName(f.typ, f.enum), s.comments.of(f)})
		all = append(all, s.inside(k, f.typ, depth+1)...)
	}
	return all
}

// variables returns the names by which the environment may set it.
func (s *Setting) variables() []string {
	if s.Secret {
		return []string{s.Env, s.Env + fileSuffix}
	}
	return []string{s.Env}
}

// Settings returns all settings in order.
func (s *Schema) Settings() []*Setting { return s.settings }

// Setting returns the one with a key, or nil.
func (s *Schema) Setting(key string) *Setting {
	for _, x := range s.settings {
		if x.Key == key {
			return x
		}
	}
	return nil
}

func (s *Schema) keys() []string {
	keys := make([]string, len(s.settings))
	for i, x := range s.settings {
		keys[i] = x.Key
	}
	return keys
}
