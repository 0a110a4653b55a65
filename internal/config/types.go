package config

import (
	"encoding"
	"reflect"
	"strings"
	"time"
)

// A field is one key of a struct.
type field struct {
	name   string
	goName string // package path, type and field with dots between them
	doc    string
	secret string // value of the tag
	enum   []string
	index  []int
	typ    reflect.Type
}

// fieldsOf returns the keys of a struct in the order of its fields. Embedded structs, and those with the option inline, lend it
// theirs.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for f := range t.Fields() {
		name, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case name == "-", !f.IsExported() && !f.Anonymous:
			continue
		case (f.Anonymous || f.IsExported() && option == "inline") && name == "" && f.Type.Kind() == reflect.Struct && !isText(f.Type):
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{f.Index[0]}, inner.index...)
				fields = append(fields, inner)
			}
			continue
		case !f.IsExported(), !supported(f.Type, 0):
			continue
		case name == "":
			name = snake(f.Name)
		}
		fields = append(fields, field{
			name: name, goName: goName(t, f), doc: f.Tag.Get("doc"), secret: secretTag(f, name), enum: enumTag(f),
			index: f.Index, typ: f.Type,
		})
	}
	return fields
}

func goName(t reflect.Type, f reflect.StructField) string {
	return t.PkgPath() + "." + t.Name() + "." + f.Name
}

// secretTag returns the value of the tag "secret". Without one, what is called a secret is one: forgetting a tag must not
// show it.
func secretTag(f reflect.StructField, name string) string {
	switch tag := f.Tag.Get("secret"); {
	case tag == "false":
		return ""
	case tag != "":
		return tag
	case f.Type == reflect.TypeFor[Secret](), isSecretName(name) && holdsText(f.Type):
		return "true"
	default:
		return ""
	}
}

func isSecretName(name string) bool {
	last := name[strings.LastIndexByte(name, '_')+1:]
	return last == "secret" || last == "secrets" || last == "password" || last == "passphrase"
}

func holdsText(t reflect.Type) bool {
	return t.Kind() == reflect.String || t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.String
}

func enumTag(f reflect.StructField) []string {
	if tag := f.Tag.Get("enum"); tag != "" {
		return strings.Split(tag, ",")
	}
	return nil
}

// maxDepth is how deep types and values may be nested.
const maxDepth = 16

// supported reports whether values of t can be written in a file.
func supported(t reflect.Type, depth int) bool {
	if isScalar(t) {
		return true
	}
	switch t.Kind() {
	case reflect.Slice:
		return depth < maxDepth && t.Elem().Kind() != reflect.Uint8 && supported(t.Elem(), depth+1)
	case reflect.Map:
		return depth < maxDepth && t.Key().Kind() == reflect.String && supported(t.Elem(), depth+1)
	case reflect.Struct:
		for f := range t.Fields() {
			if depth < maxDepth && f.IsExported() && supported(f.Type, depth+1) {
				return true
			}
		}
	}
	return false
}

// isText reports whether *t takes a text by itself.
func isText(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// isScalar reports whether values of t are single texts and nothing else.
func isScalar(t reflect.Type) bool {
	if isText(t) {
		return t.Kind() != reflect.Struct || len(fieldsOf(t)) == 0
	}
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	default:
		return false
	}
}

// typeName says for people what to write.
func typeName(t reflect.Type, enum []string) string {
	switch {
	case len(enum) > 0:
		return strings.Join(enum, " | ")
	case t == reflect.TypeFor[time.Duration]():
		return "duration"
	case t == reflect.TypeFor[Secret]():
		return "text"
	case isScalar(t) && isText(t):
		return strings.ToLower(t.Name())
	}
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true | false"
	case reflect.Float32, reflect.Float64:
		return "decimal number"
	case reflect.Slice:
		return "list of " + typeName(t.Elem(), nil)
	case reflect.Map:
		return "map of name to " + typeName(t.Elem(), nil)
	case reflect.Struct:
		var names []string
		for _, f := range fieldsOf(t) {
			names = append(names, f.name)
		}
		return "{" + strings.Join(names, ", ") + "}"
	default:
		return "number"
	}
}

// holdsSecret reports whether somewhere in a t there is a secret.
func holdsSecret(t reflect.Type, depth int) bool {
	switch {
	case t == reflect.TypeFor[Secret]():
		return true
	case isScalar(t) || depth > maxDepth:
		return false
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Map:
		return holdsSecret(t.Elem(), depth+1)
	}
	for _, f := range fieldsOf(t) {
		if f.secret != "" || holdsSecret(f.typ, depth+1) {
			return true
		}
	}
	return false
}
