package config

import (
	"fmt"
	"strings"
)

// A Source is where values come from.
type Source struct {
	Name   string   // of the file, for messages and origins
	File   []byte   // YAML; nil: no file
	Env    []string // as from os.Environ
	Ignore []string // variables with the prefix that are not settings
	Flags  []Flag
	// Over lies over the file and under the environment: values of another source, such as another program's settings.
	Over []Value
	// ReadFile reads the files that variables ending in _FILE name.
	ReadFile func(name string) ([]byte, error)
}

// A Flag is a value from the command line.
type Flag struct {
	Name  string // as the user wrote it, for messages: --listen
	Key   string
	Value string
}

// A Value is one that comes from elsewhere than file, environment and command line.
type Value struct {
	Key    string
	Text   string // as in a variable: lists of texts with commas, other lists and maps as YAML on one line
	Origin string // for messages and for people who ask where a value is from
}

// fileSuffix ends the name of a variable that names a file with the value.
const fileSuffix = "_FILE"

// Load puts the values of a source into the sections. Warnings tell of variables that look like settings and are none.
// The error is of type [Problems] and lists everything that is wrong; the sections are then in no particular state.
func (s *Schema) Load(src Source) (warnings []string, err error) {
	var ps Problems
	if src.File != nil {
		s.loadFile(src, &ps)
	}
	for _, v := range src.Over {
		s.put(&ps, v.Origin, v.Key, v.Text, v.Origin)
	}
	warnings = s.loadEnv(src, &ps)
	for _, f := range src.Flags {
		s.put(&ps, f.Name, f.Key, f.Value, "flag "+f.Name)
	}
	return warnings, ps.err()
}

// put sets the value of a key.
func (s *Schema) put(ps *Problems, where, key, text, origin string) {
	x := s.Setting(key)
	if x == nil {
		ps.add(where, 0, "", "unknown key %q%s", key, didYouMean(key, s.keys()))
		return
	}
	if err := x.setText(text); err != nil {
		ps.add(where, 0, "", "%v", err)
		return
	}
	x.Origin = origin
}

// loadEnv sets what the environment says and returns warnings about the rest that has the prefix.
func (s *Schema) loadEnv(src Source, ps *Problems) (warnings []string) {
	ignore := map[string]bool{}
	for _, name := range src.Ignore {
		ignore[name] = true
	}
	given := map[*Setting]string{}
	for _, pair := range src.Env {
		name, text, ok := strings.Cut(pair, "=")
		if !ok || !strings.HasPrefix(name, s.prefix) || ignore[name] {
			continue
		}
		x := s.byEnv[name]
		if x == nil {
			warnings = append(warnings, s.unknownVariable(name))
			continue
		}
		if first := given[x]; first != "" && first != name {
			ps.add(name, 0, "", "%s is set too; unset one of them", first)
			continue
		}
		given[x] = name
		if name != x.Env {
			b, err := src.ReadFile(text)
			if err != nil {
				ps.add(name, 0, "", "%v; it must name a readable file with the value of %s", err, x.Key)
				continue
			}
			text = strings.TrimRight(string(b), "\r\n")
		}
		if err := x.setText(text); err != nil {
			ps.add(name, 0, "", "%v", err)
			continue
		}
		x.Origin = "env " + name
	}
	return warnings
}

func (s *Schema) unknownVariable(name string) string {
	var known []string
	for n := range s.byEnv {
		known = append(known, n)
	}
	if base, ok := strings.CutSuffix(name, fileSuffix); ok && s.byEnv[base] != nil {
		return fmt.Sprintf("%s: ignored, because %s is not a secret; set %s itself", name, s.byEnv[base].Key, base)
	}
	return fmt.Sprintf("%s: ignored, there is no such setting%s", name, didYouMean(name, sorted(known)))
}
