package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxFile is how many bytes a configuration file may have.
const maxFile = 1 << 20

// loadFile sets what the file says.
func (s *Schema) loadFile(src Source, ps *Problems) {
	if len(src.File) > maxFile {
		ps.add(src.Name, 1, "", "has %d bytes, more than %d: this is no configuration file", len(src.File), maxFile)
		return
	}
	d := decoder{file: src.Name}
	root, err := parse(src.File)
	if err != nil {
		line, text := yamlError(err)
		if strings.Contains(text, "cannot start any token") && bytes.Contains(src.File, []byte("\n\t")) {
			text += "; indent with spaces, YAML takes no tabs"
		}
		ps.add(src.Name, line, "", "not valid YAML: %s", text)
		return
	}
	if root != nil {
		s.group(&d, root, s.root, 0)
	}
	*ps = append(*ps, d.problems...)
}

// parse returns the only document of a file, or nil if it is empty.
func parse(b []byte) (*yaml.Node, error) {
	var doc, more yaml.Node
	in := yaml.NewDecoder(bytes.NewReader(b))
	if err := in.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		return nil, err
	}
	if err := in.Decode(&more); !errors.Is(err, io.EOF) {
		if err == nil {
			err = fmt.Errorf("yaml: line %d: a second document (---) begins; one file is one document", max(1, more.Line))
		}
		return nil, err
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	return doc.Content[0], nil
}

// yamlError takes the line out of the parser's message. Some have none; those are about the file as a whole.
func yamlError(err error) (line int, text string) {
	text = strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		if number, after, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(number); err == nil {
				return max(1, n), after
			}
		}
	}
	return 1, text
}

// group sets the settings under g from n.
func (s *Schema) group(d *decoder, n *yaml.Node, g *group, depth int) {
	if n = d.resolve(n, g.key, depth); n == nil {
		return
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return // "chat:" with nothing under it
	}
	if n.Kind != yaml.MappingNode {
		d.add(n, g.key, "is %s, expected keys and values: %s", kindName(n), strings.Join(g.names(), ", "))
		return
	}
	for name, c := range d.pairs(n, g.key) {
		e := g.find(name.Value)
		switch {
		case e == nil:
			d.add(name, join(g.key, name.Value), "unknown key%s", s.hint(g, name.Value))
		case e.group != nil:
			s.group(d, c, e.group, depth+1)
		default:
			x := e.setting
			d.value(c, x.value, x.Key, tags{x.enum, x.hiddenTag()}, depth+1)
			x.Origin = fmt.Sprintf("%s:%d", d.file, name.Line)
		}
	}
}

// hint finds what an unknown key in g may have meant: a misspelt neighbour, or a known key in the wrong place.
func (s *Schema) hint(g *group, name string) string {
	if best := Nearest(name, g.names()); best != "" {
		return "; did you mean " + join(g.key, best) + "?"
	}
	for _, x := range s.settings {
		if strings.HasSuffix(x.Key, "."+name) || x.Key == name {
			return "; did you mean " + x.Key + "?"
		}
	}
	return orList(name, g.names())
}
