package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

func sorted(names []string) []string {
	slices.Sort(names)
	return names
}

// setText sets the value from a variable or a flag. A list is separated by commas; whatever looks like a YAML list or map
// is read as one.
func (s *Setting) setText(text string) error {
	v := reflect.New(s.value.Type()).Elem()
	var err error
	switch {
	case isScalar(v.Type()):
		err = setScalar(v, text, s.enum, s.secret)
	case v.Kind() == reflect.Slice && !bracketed(text, '[', ']'):
		err = s.setList(v, text)
	default:
		err = s.setFlow(v, text)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.Key, err)
	}
	s.value.Set(v)
	return nil
}

func bracketed(text string, open, end byte) bool {
	text = strings.TrimSpace(text)
	return len(text) > 1 && text[0] == open && text[len(text)-1] == end
}

func (s *Setting) setList(list reflect.Value, text string) error {
	elem := list.Type().Elem()
	if !isScalar(elem) && !isText(elem) {
		return fmt.Errorf("expected a %s, written as a YAML list on one line: [{…}, {…}]", s.Type)
	}
	list.Set(reflect.MakeSlice(list.Type(), 0, 0))
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		v := reflect.New(elem).Elem()
		if err := setScalar(v, part, s.enum, s.hiddenTag()); err != nil {
			return err
		}
		list.Set(reflect.Append(list, v))
	}
	return nil
}

// setFlow reads a list or map in YAML's notation on one line.
func (s *Setting) setFlow(v reflect.Value, text string) error {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil || len(doc.Content) != 1 {
		return fmt.Errorf("not valid YAML; expected a %s", s.Type)
	}
	d := decoder{}
	d.value(doc.Content[0], v, s.Key, tags{enum: s.enum, secret: s.secret}, 0)
	if len(d.problems) == 0 {
		return nil
	}
	errs := make([]error, len(d.problems))
	for i, p := range d.problems {
		errs[i] = errors.New(p.Text)
		if p.Key != s.Key {
			errs[i] = errors.New(p.Key + ": " + p.Text)
		}
	}
	return errors.Join(errs...)
}

// hiddenTag is the tag of a secret, also for values that only hold one.
func (s *Setting) hiddenTag() string {
	if s.secret == "" && s.Secret {
		return "true"
	}
	return s.secret
}
