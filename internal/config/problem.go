package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is one thing that is wrong with the configuration.
type Problem struct {
	Where string // the file, variable or flag
	Line  int    // in the file, from 1; 0 where there are no lines
	Key   string // may be empty
	Text  string // what is wrong and what to do; never holds the value of a secret
}

// String returns "file:line: key: text".
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.Where)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	return b.String() + p.Text
}

// Problems is an error that lists all that is wrong, one line for each.
type Problems []Problem

// Error returns the lines.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

func (ps *Problems) add(where string, line int, key, format string, args ...any) {
	*ps = append(*ps, Problem{Where: where, Line: line, Key: key, Text: fmt.Sprintf(format, args...)})
}

// err returns the problems in the order of files and lines, or nil if there are none.
func (ps Problems) err() error {
	if len(ps) == 0 {
		return nil
	}
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Where, b.Where), cmp.Compare(a.Line, b.Line))
	})
	return ps
}
