package fortify

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"madang/account"
	"madang/account/signin"
	"madang/account/words"
)

// A row of the contract is a request, and its answers to a script and to a browser. It is played with the messages of both
// profiles. In texts, «these» stand around what only Laravel 10 says, and ‹these› around what only Laravel 8 does.
type row struct {
	route  string                    // its name
	what   string                    // happens
	as     as                        // who asks
	option option                    // how the house is built, if it matters
	before func(h *house, c *client) // what has happened
	path   string                    // if it is not that of the route; {names} stand for what the client knows
	send   fields                    // nil: no body
	with   func(r *http.Request)     // changes the request
	script want                      // the answer to a script
	page   want                      // the answer to a browser; the zero value: the same as to a script
	after  func(h *house, c *client) // what has changed
}

// Who asks. All of them are kim@example.com.
type as string

const (
	nobody     as = ""
	member     as = "member"
	unproved   as = "unverified"
	sure       as = "confirmed"
	factored   as = "confirmed, with a second factor"
	challenged as = "waiting for the second factor"
)

const kim = "kim@example.com"

// A want is an answer.
type want struct {
	status int
	json   string            // the body; empty: it is not looked at, "-": there is none
	errors texts             // of status 422, or on the next page
	bag    string            // of the errors on the next page
	to     string            // Location
	flash  string            // what the next page says
	page   string            // the component
	header map[string]string // empty value: not there
}

// texts are errors by their fields, one text for each line.
type texts map[string]string

// said is a text in a profile.
func said(p words.Profile, text string) string {
	now, old := "$1", ""
	if p == words.Laravel8 {
		now, old = "", "$1"
	}
	text = regexp.MustCompile(`«([^»]*)»`).ReplaceAllString(text, now)
	return regexp.MustCompile(`‹([^›]*)›`).ReplaceAllString(text, old)
}

func contract() []row {
	return slices.Concat(loginRows(), challengeRows(), registerRows(), resetRows(), verifyRows(), confirmRows(), profileRows(), factorRows(), accountRows(), tokenRows())
}

// TestContract plays all rows.
func TestContract(t *testing.T) {
	t.Parallel()
	known := map[string]route{}
	for _, r := range table() {
		known[r.name] = r
	}
	for _, x := range contract() {
		r, ok := known[x.route]
		if !ok {
			t.Fatalf("%s: there is no such route", x.route)
		}
		for _, p := range []words.Profile{words.Laravel8, words.Laravel10} {
			t.Run(fmt.Sprintf("%s/%s/%s/JSON", x.route, x.what, p), func(t *testing.T) { x.play(t, r, p, false) })
			if !reflect.DeepEqual(x.page, want{}) {
				t.Run(fmt.Sprintf("%s/%s/%s/HTML", x.route, x.what, p), func(t *testing.T) { x.play(t, r, p, true) })
			}
		}
	}
}

// TestContractIsWhole asks for a success of every route.
func TestContractIsWhole(t *testing.T) {
	done := map[string]bool{}
	for _, x := range contract() {
		if x.script.status < 400 {
			done[x.route] = true
		}
	}
	for _, r := range Names() {
		if !done[r.Name] {
			t.Errorf("no row shows that %s works", r.Name)
		}
	}
}

// play sends the request of a row and compares the answer.
func (x row) play(t *testing.T, r route, p words.Profile, html bool) {
	t.Parallel()
	h := newHouse(t, messages(p), func(sc *signin.Config, c *Config, parts *Parts) {
		if x.option != nil {
			x.option(sc, c, parts)
		}
	})
	c, w := h.script(), x.script
	if html {
		c, w = h.browser(), x.page
	}
	c.become(x.as)
	if x.before != nil {
		x.before(h, c)
	}
	path := r.path
	if x.path != "" {
		path = x.path
	}
	path = c.fill(path)
	send := maps.Clone(x.send)
	for name, value := range send {
		if text, ok := value.(string); ok {
			send[name] = c.fill(text)
		}
	}
	var change []func(*http.Request)
	if x.with != nil {
		change = append(change, x.with)
	}
	a := c.do(r.method, path, send, change...)
	w.compare(t, p, a)
	if w.errors != nil && html || w.flash != "" {
		w.compareNext(t, p, c)
	}
	if x.after != nil {
		x.after(h, c)
	}
}

// become signs kim in.
func (c *client) become(who as) {
	c.h.tb.Helper()
	switch who {
	case unproved:
		c.h.add(kim, unverified)
	default:
		c.h.add(kim)
	}
	switch who {
	case member, unproved:
		c.open(kim)
	case sure:
		c.open(kim, c.h.confirmed)
	case factored:
		c.open(kim, c.h.confirmed).factor()
	case challenged:
		other := c.h.script().open(kim, c.h.confirmed)
		other.factor()
		c.vars = other.vars
		c.open(kim, func(x *account.Session) { x.Pending, x.ExpiresAt = true, c.h.now().Add(10*time.Minute) })
	}
}

func (h *house) confirmed(x *account.Session) { x.ConfirmedAt = h.now() }

// fill replaces {names} by what they stand for: {code} is the code of the client's second factor now.
func (c *client) fill(text string) string {
	if strings.Contains(text, "{code}") {
		text = strings.ReplaceAll(text, "{code}", c.h.code(c.vars["secret"]))
	}
	for name, value := range c.vars {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}

// compare compares an answer.
func (w want) compare(t *testing.T, p words.Profile, a answer) {
	t.Helper()
	if a.status != w.status {
		t.Errorf("status %d, want %d: %s", a.status, w.status, a.body)
	}
	if w.to != "" || a.header.Get("Location") != "" {
		if got := a.header.Get("Location"); got != w.to {
			t.Errorf("to %q, want %q", got, w.to)
		}
	}
	switch {
	case w.json == "-":
		if a.body != "" || a.header.Get("Content-Type") != "" {
			t.Errorf("a body: %q, %s", a.body, a.header.Get("Content-Type"))
		}
	case w.json != "":
		w.compareJSON(t, said(p, w.json), a)
	case w.errors != nil && w.to == "":
		w.compareJSON(t, w.errors.body(p), a)
	}
	if w.page != "" {
		if got := a.page(t); got.Component != w.page {
			t.Errorf("page %s, want %s", got.Component, w.page)
		}
	}
	for name, value := range w.header {
		if got := a.header.Get(name); got != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
	if w.page == "" && strings.Contains(a.body, secretWord) {
		t.Error("the password is in the answer")
	}
}

func (w want) compareJSON(t *testing.T, text string, a answer) {
	t.Helper()
	var got, expected any
	if err := json.Unmarshal([]byte(text), &expected); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || !reflect.DeepEqual(got, expected) || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("answer %s %s\nwant %s", a.header.Get("Content-Type"), a.body, text)
	}
}

// body is the JSON of errors: fields in the order of their names, which the message of Laravel 10 follows in no way that is
// promised, so that it is made of the one field or asked for by the rows themselves.
func (e texts) body(p words.Profile) string {
	all, n := map[string][]string{}, 0
	var first string
	for _, field := range slices.Sorted(maps.Keys(e)) {
		for text := range strings.SplitSeq(said(p, strings.TrimPrefix(e[field], "first: ")), "\n") {
			if first == "" || strings.HasPrefix(e[field], "first: ") && len(all[field]) == 0 {
				first = text
			}
			all[field] = append(all[field], text)
			n++
		}
	}
	message := "The given data was invalid."
	if p == words.Laravel10 {
		switch message = first; n {
		case 1:
		case 2:
			message += " (and 1 more error)"
		default:
			message += fmt.Sprintf(" (and %d more errors)", n-1)
		}
	}
	b, _ := json.Marshal(map[string]any{"message": message, "errors": all})
	return string(b)
}

// compareNext looks at what the next page says, and that the one after it says it no more.
func (w want) compareNext(t *testing.T, p words.Profile, c *client) {
	t.Helper()
	open := func() shown {
		t.Helper()
		for _, path := range []string{loginPath, profilePath} {
			if a := c.do("GET", path, nil); a.status == http.StatusOK {
				return a.page(t)
			}
		}
		t.Fatal("neither the profile nor the login can be opened")
		return shown{}
	}
	next := open()
	flash, _ := next.Props["flash"].(map[string]any)
	if got, _ := flash["status"].(string); got != said(p, w.flash) {
		t.Errorf("the next page says %q, want %q", got, said(p, w.flash))
	}
	expected := map[string]any{}
	for field, text := range w.errors {
		first, _, _ := strings.Cut(said(p, strings.TrimPrefix(text, "first: ")), "\n")
		expected[field] = first
	}
	if w.bag != "" {
		expected = map[string]any{w.bag: expected}
	}
	if !reflect.DeepEqual(next.Props["errors"], any(expected)) {
		t.Errorf("the next page's errors are %v, want %v", next.Props["errors"], expected)
	}
	again := open()
	if flash, _ := again.Props["flash"].(map[string]any); len(flash) != 0 || len(again.Props["errors"].(map[string]any)) != 0 {
		t.Errorf("it is shown again: %v, %v", flash, again.Props["errors"])
	}
}

// person is kim as kept.
func (h *house) person() account.Person {
	h.tb.Helper()
	p, err := h.store.PersonByEmail(h.tb.Context(), "default", "members", kim)
	must(h.tb, err)
	return p
}

// is reports whether the client is signed in as it should be.
func in(yes bool) func(*house, *client) {
	return func(h *house, c *client) {
		h.tb.Helper()
		if c.signedIn() != yes {
			h.tb.Errorf("signed in: %v", !yes)
		}
	}
}

// times does something again and again.
func times(n int, do func(h *house, c *client)) func(*house, *client) {
	return func(h *house, c *client) {
		for range n {
			do(h, c)
		}
	}
}

func throttled(limit string) map[string]string {
	return map[string]string{"X-RateLimit-Limit": limit, "X-RateLimit-Remaining": "0", "Retry-After": "60", "X-RateLimit-Reset": "1795363260"}
}

const tooMany = `{"message":"Too Many Attempts."}`
