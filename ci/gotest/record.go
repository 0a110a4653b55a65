package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// An event is a line of go test -json; see go doc test2json.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// A record is what a run of go test said.
type record struct {
	out      io.Writer // gets what go test -v prints: of packages that pass at once, of the others with flush
	open     []*suite  // in the order in which they began; those that failed stay
	compiler []string  // what it had to say
	prefix   string    // stands before each line of tests that failed
}

// A suite is a package's tests.
type suite struct {
	name   string
	ended  bool
	lines  []line
	failed []string // names of tests, in the order in which they ended
}

// A line belongs to a test, or with an empty name to the package.
type line struct{ test, text string }

// newRecord returns an empty one.
func newRecord(out io.Writer) *record { return &record{out: out} }

// take takes one event down.
func (r *record) take(e event) {
	if e.Action == "build-output" {
		r.compiler = append(r.compiler, e.Output)
		fmt.Fprint(r.out, e.Output)
		return
	}
	if e.Package == "" {
		return
	}
	s := r.suite(e.Package)
	switch {
	case e.Action == "output":
		s.add(e.Test, e.Output)
	case e.Action == "fail" && e.Test != "":
		s.failed = append(s.failed, e.Test)
	case e.Test == "" && (e.Action == "pass" || e.Action == "skip"):
		s.print(r.out, "")
		r.open = slices.DeleteFunc(r.open, func(other *suite) bool { return other == s })
	case e.Test == "" && e.Action == "fail":
		s.ended = true
	}
}

// suite returns that of a package, which may begin with it.
func (r *record) suite(name string) *suite {
	for _, s := range r.open {
		if s.name == name {
			return s
		}
	}
	s := &suite{name: name}
	r.open = append(r.open, s)
	return s
}

// add appends output, which may be a piece of a line.
func (s *suite) add(test, text string) {
	if n := len(s.lines); n > 0 && s.lines[n-1].test == test && !strings.HasSuffix(s.lines[n-1].text, "\n") {
		s.lines[n-1].text += text
		return
	}
	s.lines = append(s.lines, line{test, text})
}

// mark puts a prefix before the lines of tests that failed, so that nobody counts them.
func (r *record) mark(prefix string) { r.prefix = prefix }

// flush prints what the packages said that did not pass.
func (r *record) flush() {
	for _, s := range r.open {
		s.print(r.out, r.prefix)
	}
}

func (s *suite) print(out io.Writer, prefix string) {
	for _, l := range s.lines {
		if prefix != "" && (l.test == "" || slices.Contains(s.failed, top(l.test))) {
			fmt.Fprint(out, prefix)
		}
		fmt.Fprint(out, l.text)
	}
}

// top returns the name of the test that a test is a part of.
func top(test string) string {
	name, _, _ := strings.Cut(test, "/")
	return name
}
