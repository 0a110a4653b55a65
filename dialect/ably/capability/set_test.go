package capability

import (
	"errors"
	"strings"
	"testing"

	"madang"
)

func parse(t testing.TB, text string) Set {
	t.Helper()
	s, err := Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

// The examples of Ably's documentation, and the edges beside them.
func TestMatching(t *testing.T) {
	for _, x := range []struct{ resource, yes, no string }{
		{"*", "a b:c foo* * a: 한글", "[meta]a [queue]a"},
		{"namespace:*", "namespace:channel namespace:channel:other namespace: namespace:*", "namespace namespaces:a [meta]namespace:a"},
		{"foo:*:baz", "foo:bar:baz foo::baz", "foo:bar:bam:baz foo:baz foo:bar:baz:x"},
		{"foo:*", "foo:bar foo:bar:bam foo:bar:bam:baz", "foo fo:bar"},
		{"foo*", "foo*", "foo foobar foo:bar"},
		{"f*o:*", "f*o:x", "foo:x"},
		{"*:x", "a:x :x", "x a:b:x"},
		{"*:*", "a:x a:x:y", "a"},
		{"[queue]*", "[queue]app-q [queue]a:b", "app-q [meta]app-q"},
		{"[queue]app-q", "[queue]app-q", "app-q [queue]app"},
		{"[meta]*", "[meta]log", "log [queue]log"},
		{"[*]*", "a a:b [meta]a [queue]a:b", "[other]a [*]a [?rewind=1]a [meta] ["},
		{"[*]a:*", "a:b [meta]a:b", "a [meta]b:a"},
	} {
		s := parse(t, `{"`+x.resource+`":["subscribe"]}`)
		for name := range strings.FieldsSeq(x.yes) {
			if !s.Allows(Subscribe, name) {
				t.Errorf("%s does not match %s", x.resource, name)
			}
		}
		for _, name := range append(strings.Fields(x.no), "") {
			if s.Allows(Subscribe, name) {
				t.Errorf("%s matches %q", x.resource, name)
			}
		}
	}
}

func TestUnionOfResources(t *testing.T) {
	s := parse(t, `{"canpublish:*":["publish"],"canpublish:andpresence":["presence"],"*:andpresence":["history"],"other":["*"]}`)
	if got := s.Ops("canpublish:andpresence"); got != Publish|Presence|History {
		t.Errorf("%v", got.Names())
	}
	if !s.Allows(Publish|Presence, "canpublish:andpresence") || s.Allows(Publish|Subscribe, "canpublish:andpresence") {
		t.Error("Allows is not about all of the operations")
	}
	if s.Allows(0, "canpublish:andpresence") {
		t.Error("nothing is not a right")
	}
	for op := Subscribe; op <= MessageDeleteAny; op <<= 1 {
		if !s.Allows(op, "other") {
			t.Errorf("* does not contain %v", op.Names())
		}
	}
	var none Set
	if !none.Empty() || none.Allows(Subscribe, "a") || none.Everywhere(Stats) || none.String() != "{}" {
		t.Error("the zero Set allows something")
	}
}

func TestEverywhere(t *testing.T) {
	for text, want := range map[string]bool{
		`{"*":["stats"]}`: true, `{"[*]*":["*"]}`: true, `{"*":["*"]}`: true,
		`{"*":["publish"],"[*]*":["stats"]}`: true,
		`{"a":["stats"]}`:                    false, `{"a:*":["*"]}`: false, `{"*:*":["*"]}`: false, `{"[meta]*":["*"]}`: false,
		`{"*":["publish"]}`: false,
	} {
		if parse(t, text).Everywhere(Stats) != want {
			t.Errorf("%s: not %v", text, want)
		}
	}
}

func TestCanonicalText(t *testing.T) {
	for text, want := range map[string]string{
		`{}`: `{}`,
		` { "b" : [ "subscribe" , "publish" ], "a:*":["*"] } `: `{"a:*":["*"],"b":["publish","subscribe"]}`,
		`{"a":["publish","publish"]}`:                          `{"a":["publish"]}`,
		`{"<&>":["history"]}`:                                  `{"<&>":["history"]}`,
	} {
		if got := parse(t, text).String(); got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
	if got := Full().String(); got != `{"*":["*"]}` {
		t.Error(got)
	}
	// A list of all operations that exist today is not the promise of those to come.
	all := `{"a":["` + strings.Join((MessageDeleteAny<<1-1).Names(), `","`) + `"]}`
	if got := parse(t, all).String(); got != all {
		t.Error(got)
	}
}

func TestHas(t *testing.T) {
	s := parse(t, `{"foo:*":["*"],"bar":["*"],"[meta]*":["subscribe"]}`)
	for resource, want := range map[string]bool{"foo:*": true, "bar": true, "[meta]*": true, "*:*": false, "foo:bar": false, "foo": false, "*": false} {
		if s.Has(resource) != want {
			t.Errorf("%s: not %v", resource, want)
		}
	}
	seen := map[string]bool{}
	s.Each(func(resource string, _ Ops) bool { seen[resource] = true; return true })
	if len(seen) != 3 {
		t.Errorf("Each: %v", seen)
	}
	for stop := 1; stop < 3; stop++ {
		n := 0
		s.Each(func(string, Ops) bool { n++; return n < stop })
		if n != stop {
			t.Errorf("Each went on to %d after %d", n, stop)
		}
	}
}

func TestBadCapabilities(t *testing.T) {
	for text, says := range map[string]string{
		``: "object", `null`: "object", `[]`: "object", `"{}"`: "object", `{`: "JSON", `{"a":["*"]`: "JSON", `{"a":["*"],}`: "JSON",
		`{"a":["*"]} {}`: "follows", `{}x`: "follows",
		`{"channel0":["publish_"]}`: "publish_", `{"channel0":["*","publish"]}`: "alone", `{"channel0":["publish","*"]}`: "alone",
		`{"channel0":[]}`: "empty", `{"a":null}`: "empty", `{"a":"*"}`: "list", `{"a":[1]}`: "list", `{"a":[["*"]]}`: "list",
		`{"a":{"*":true}}`: "list", `{"a":["Publish"]}`: "Publish", `{"a":[""]}`: "operation", `{"a":[" publish"]}`: "operation",
		`{"a":["*"],"a":["publish"]}`: "twice", `{"":["*"]}`: "no name", `{"[meta]":["*"]}`: "no name", `{"[]a":["*"]}`: "bracket",
		`{"[meta":["*"]}`: "closed", `{"[other]a":["*"]}`: "type", `{"[*][queue]a":["*"]}`: "begin", `{"a\nb":["*"]}`: "line break",
		"{\"\xff\":[\"*\"]}":                             "UTF-8",
		`{"` + strings.Repeat("a", MaxText) + `":["*"]}`: "bytes",
	} {
		s, err := Parse(text)
		var e *Error
		switch {
		case err == nil:
			t.Errorf("%.80s: accepted", text)
		case !errors.As(err, &e) || !errors.Is(err, madang.ErrInvalid):
			t.Errorf("%.80s: %T", text, err)
		case !strings.Contains(err.Error(), says):
			t.Errorf("%.80s: %v", text, err)
		}
		if !s.Empty() {
			t.Errorf("%.80s: there is a set beside the error", text)
		}
	}
}

func TestTooManyResources(t *testing.T) {
	text := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(`,"` + string(rune(0x4e00+i)) + `":["*"]`)
		}
		return "{" + strings.TrimPrefix(b.String(), ",") + "}"
	}
	parse(t, text(MaxResources))
	if _, err := Parse(text(MaxResources + 1)); err == nil || !strings.Contains(err.Error(), "more than 1024") {
		t.Error(err)
	}
}
