package main

import (
	"fmt"
	"os"
	"strings"
)

// put writes a table into a file, between the marks of its name.
func put(file, name, table string) error {
	begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
	text, err := os.ReadFile(file) //nolint:gosec // whoever runs it names it
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return fmt.Errorf("%s has no place for the table: write %q and %q on lines of their own", file, strings.TrimSpace(begin), end)
	}
	return os.WriteFile(file, []byte(before+begin+table+end+after), 0o644) //nolint:gosec // a document
}
