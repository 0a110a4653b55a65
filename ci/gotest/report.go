package main

import (
	"fmt"
	"slices"
	"strings"
)

const (
	mostAgain = 4  // more tests than these do not fail by chance
	mostLines = 40 // of one test's output
)

// report names the tests that failed, then tells what they said. It is empty if all is well.
func (r *record) report(title string) string {
	var names, texts []string
	if len(r.compiler) > 0 && len(r.open) > 0 {
		names = append(names, "the compiler")
		texts = append(texts, section("the compiler", r.compiler))
	}
	for _, s := range r.open {
		for _, test := range s.worst() {
			names = append(names, s.name+" "+test)
			texts = append(texts, section(s.name+" "+test, s.said(test)))
		}
		if name := s.name; !s.explained() {
			if !s.ended {
				name += " has not ended"
			}
			names = append(names, name)
			texts = append(texts, section(name, s.rest()))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return title + ":\n  " + strings.Join(names, "\n  ") + "\n" + strings.Join(texts, "")
}

// section is what a test said, under its name and without the middle where that is long.
func section(name string, lines []string) string {
	if over := len(lines) - mostLines; over > 0 {
		const end = mostLines / 3
		cut := fmt.Sprintf("    … %d lines …\n", over)
		lines = slices.Concat(lines[:mostLines-end], []string{cut}, lines[len(lines)-end:])
	}
	return "-- " + name + "\n" + strings.Join(lines, "")
}

// worst returns the tests that failed by themselves: those above them failed because of them.
func (s *suite) worst() []string {
	var names []string
	for _, test := range s.failed {
		if !slices.ContainsFunc(s.failed, func(other string) bool { return strings.HasPrefix(other, test+"/") }) {
			names = append(names, test)
		}
	}
	return names
}

// said returns what a test printed, and what the tests above it did.
func (s *suite) said(test string) []string {
	var lines []string
	for _, l := range s.lines {
		if l.test != "" && (l.test == test || strings.HasPrefix(test, l.test+"/")) && !frame(l.text) {
			lines = append(lines, l.text)
		}
	}
	return lines
}

// rest returns what a package said from where a race or a panic begins, or all of it.
func (s *suite) rest() []string {
	begin := slices.IndexFunc(s.lines, func(l line) bool { return bad(l.text) })
	var lines []string
	for _, l := range s.lines[max(begin, 0):] {
		if !frame(l.text) {
			lines = append(lines, l.text)
		}
	}
	return lines
}

// explained says that what the failed tests said is all there is to say.
func (s *suite) explained() bool {
	begin := slices.IndexFunc(s.lines, func(l line) bool { return bad(l.text) })
	return s.ended && len(s.failed) > 0 && (begin < 0 || slices.Contains(s.failed, s.lines[begin].test))
}

// sick says that the package has failed in a way that no other order or load makes good.
func (s *suite) sick() bool {
	return !s.ended || slices.ContainsFunc(s.lines, func(l line) bool { return bad(l.text) })
}

// bad says that a line begins a race, or ends the process.
func bad(text string) bool {
	for _, sign := range []string{"WARNING: DATA RACE", "panic: ", "fatal error: ", "signal: ", "testing: race detected"} {
		if strings.HasPrefix(strings.TrimSpace(text), sign) {
			return true
		}
	}
	return strings.Contains(text, "race detected during execution of test")
}

// frame says that a line is the test runner's own.
func frame(text string) bool {
	text = strings.TrimLeft(text, " ")
	return strings.HasPrefix(text, "=== ") || strings.HasPrefix(text, "--- ")
}

// again returns, by package, the tests that are worth another try; nil if that would hide something.
func (r *record) again() map[string][]string {
	tests, count := map[string][]string{}, 0
	if len(r.compiler) > 0 {
		return nil
	}
	for _, s := range r.open {
		if len(s.failed) == 0 || s.sick() {
			return nil
		}
		for _, test := range s.failed {
			if test == top(test) {
				tests[s.name] = append(tests[s.name], test)
				count++
			}
		}
	}
	if count == 0 || count > mostAgain {
		return nil
	}
	return tests
}
