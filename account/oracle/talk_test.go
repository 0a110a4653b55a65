package oracle_test

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// A talk is one file of testdata/talk: a client begins without cookies with a server that has just been made.
type talk struct {
	head    []string    // as it stands before the first exchange
	headers http.Header // of every request that does not name them itself
	cookies bool        // Set-Cookie is compared too
	rows    []*exchange
}

// An exchange is one request and its answers.
type exchange struct {
	name    string
	lines   []string // as it stands, until the last line of the request
	client  string   // whose cookies
	later   time.Duration
	request []string
	laravel []string // what Laravel answers
	reason  string   // why Madang does not
	madang  []string // what it says then
}

// parse reads a file. Lines of the head that begin with "*" are headers for all requests; those of an exchange are
//
//	## its name          and prose after it
//	as kim               cookies of their own
//	later 61s            time passes before
//	> POST /login        the request: headers, an empty line, the body; "> Accept:" takes a header of the head away
//	< 422                what Laravel answers
//	~ because …          why Madang answers otherwise, and what
func parse(text string) (*talk, error) {
	t := &talk{headers: http.Header{}}
	var x *exchange
	for n, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		mark, rest, _ := strings.Cut(line, " ")
		if mark == "##" {
			x = &exchange{name: rest}
			t.rows = append(t.rows, x)
		}
		if x == nil {
			t.head = append(t.head, line)
			if mark == "*" {
				name, value, _ := strings.Cut(rest, ": ")
				t.headers.Set(name, value)
			}
			t.cookies = t.cookies || line == "compare Set-Cookie"
			continue
		}
		switch {
		case mark == "<":
			x.laravel = append(x.laravel, rest)
		case mark == "~" && x.reason == "":
			because, reason, _ := strings.Cut(rest, " ")
			if because != "because" || reason == "" {
				return nil, fmt.Errorf("line %d: a deviation begins with its reason: ~ because …", n+1)
			}
			x.reason = reason
		case mark == "~":
			x.madang = append(x.madang, rest)
		case line == "" && len(x.laravel) > 0:
		case len(x.laravel) > 0:
			return nil, fmt.Errorf("line %d: %q stands behind an answer", n+1, line)
		default:
			x.lines = append(x.lines, line)
			if err := x.ask(mark, rest); err != nil {
				return nil, fmt.Errorf("line %d: %w", n+1, err)
			}
		}
	}
	return t, nil
}

// ask takes a line of a request, or what comes before it.
func (x *exchange) ask(mark, rest string) (err error) {
	switch {
	case mark == ">":
		x.request = append(x.request, rest)
	case len(x.request) == 0 && mark == "as":
		x.client = rest
	case len(x.request) == 0 && mark == "later":
		x.later, err = time.ParseDuration(rest)
	}
	return err
}

// String returns the file.
func (t *talk) String() string {
	var b strings.Builder
	line := func(parts ...string) { b.WriteString(strings.TrimRight(strings.Join(parts, " "), " ") + "\n") }
	for _, l := range t.head {
		line(l)
	}
	for i, x := range t.rows {
		if i > 0 {
			line()
		}
		for len(x.lines) > 0 && x.lines[len(x.lines)-1] == "" { // a new exchange, whose answer is not known yet
			x.lines = x.lines[:len(x.lines)-1]
		}
		for _, l := range x.lines {
			line(l)
		}
		for _, l := range x.laravel {
			line("<", l)
		}
		if x.reason != "" {
			line("~ because", x.reason)
		}
		for _, l := range x.madang {
			line("~", l)
		}
	}
	return b.String()
}
