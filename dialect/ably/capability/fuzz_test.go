package capability

import "testing"

// FuzzParse reads texts that are almost capabilities. What is accepted must have a canonical text that is read back as
// the same set, and must give away nothing when met with what a key may do.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"*":["*"]}`, `{"[*]*":["*"],"a:*:b":["publish"]}`, `{"a":["subscribe","history"]}`, `{"a":["*","publish"]}`,
		`{"a":[]}`, `{"a":["*"],"a":["*"]}`, `{"[meta]x":["subscribe"]}{`, `{"\ud800":["*"]}`, "{\"\u2028\":[\"stats\"]}",
	} {
		f.Add(s)
	}
	key, err := Parse(`{"a:*":["publish","history"],"[meta]*":["subscribe"]}`)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		canonical := s.String()
		back, err := Parse(canonical)
		if err != nil {
			t.Fatalf("%q: %q: %v", text, canonical, err)
		}
		if back.String() != canonical {
			t.Fatalf("%q: %q, then %q", text, canonical, back)
		}
		both := s.Intersect(key)
		both.Each(func(resource string, ops Ops) bool {
			if r, wrong := parseResource(resource); wrong != "" || r.String() != resource {
				t.Fatalf("%q: resource %q: %s", text, resource, wrong)
			}
			if _, name, _ := splitKind(resource); name != "" && (ops&^key.Ops(resource) != 0 || ops&^s.Ops(resource) != 0) {
				t.Fatalf("%q: %q allows %v", text, resource, ops.Names())
			}
			return true
		})
	})
}

// FuzzOps looks names up that nobody would give a channel.
func FuzzOps(f *testing.F) {
	for _, s := range []string{"a", "a:b", "[meta]a", "[queue]", "[*]*", "[", ":", "*", "a:*", "[?rewind=1]a"} {
		f.Add(s)
	}
	s, err := Parse(`{"*":["publish"],"a:*":["history"],"[*]b:*:c":["stats"],"x*":["presence"]}`)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name string) {
		ops := s.Ops(name)
		if kind, rest, ok := splitKind(name); ops&Publish != 0 && (kind != "" || rest == "" || !ok) {
			t.Fatalf("%q is taken for a channel", name)
		}
		if ops&Presence != 0 && name != "x*" {
			t.Fatalf("%q is taken for the one name x*", name)
		}
	})
}
