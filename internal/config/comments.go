package config

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Comments are the comments of struct fields, made fit for a reference, by package path, type and field with dots between
// them. So that what a setting means is written once, a program embeds the comments of its parts' configurations in the
// form of [Comments.Write], made by the command fielddocs and read by [ReadComments].
type Comments map[string]string

func (c Comments) of(f field) string {
	if f.doc != "" {
		return f.doc
	}
	return c[f.goName]
}

// ReadComments reads what Write wrote: a line for each field, its name, a tab and the text.
func ReadComments(text string) Comments {
	c := Comments{}
	for line := range strings.Lines(text) {
		if name, doc, ok := strings.Cut(strings.TrimRight(line, "\n"), "\t"); ok {
			c[name] = doc
		}
	}
	return c
}

// Write writes the comments in the order of their names.
func (c Comments) Write(w io.Writer) error {
	out := bufio.NewWriter(w)
	for _, name := range slices.Sorted(maps.Keys(c)) {
		fmt.Fprintf(out, "%s\t%s\n", name, c[name])
	}
	return out.Flush()
}

// AddPackage adds the comments of all exported fields of exported structs in a folder with Go files.
func (c Comments) AddPackage(path, dir string) error {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return fmt.Errorf("read comments of %s: %w", path, err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read comments of %s: %w", path, err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("read comments of %s: %w", path, err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if t, ok := n.(*ast.TypeSpec); ok {
				if s, ok := t.Type.(*ast.StructType); ok && t.Name.IsExported() {
					c.addStruct(path+"."+t.Name.Name, s)
				}
			}
			return true
		})
	}
	return nil
}

func (c Comments) addStruct(name string, s *ast.StructType) {
	for _, f := range s.Fields.List {
		doc := f.Doc.Text()
		if doc == "" {
			doc = f.Comment.Text()
		}
		for _, id := range f.Names {
			if id.IsExported() && doc != "" {
				c[name+"."+id.Name] = sentence(id.Name, doc)
			}
		}
	}
}

// sentence makes a text for readers who do not know the Go name: "MaxAge is how old …" becomes "How old …".
func sentence(goName, doc string) string {
	doc = strings.Join(strings.Fields(doc), " ")
	if rest, ok := strings.CutPrefix(doc, goName+" "); ok {
		doc = strings.TrimPrefix(strings.TrimPrefix(rest, "is "), "are ")
	}
	r, n := utf8.DecodeRuneInString(doc)
	return string(unicode.ToUpper(r)) + doc[n:]
}
