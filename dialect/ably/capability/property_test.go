package capability

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Few segments, so that resources and names meet often.
func name() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		kind := rapid.SampledFrom([]string{"", "", "", "[meta]", "[queue]"}).Draw(t, "kind")
		return kind + strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "a*", "*", ""}), 1, 4).Draw(t, "segments"), ":")
	})
}

func resourceText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		kind := rapid.SampledFrom([]string{"", "", "", "[meta]", "[queue]", "[*]"}).Draw(t, "kind")
		segments := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "a*", "*", "*"}), 1, 4).Draw(t, "segments")
		return kind + strings.Join(segments, ":")
	})
}

func set() *rapid.Generator[Set] {
	ops := rapid.OneOf(rapid.Just(All), rapid.Custom(func(t *rapid.T) Ops {
		return Ops(rapid.Uint32Range(1, uint32(MessageDeleteAny<<1-1)).Draw(t, "ops"))
	}))
	return rapid.Custom(func(t *rapid.T) Set { return newSet(rapid.MapOfN(resourceText(), ops, 0, 5).Draw(t, "set")) })
}

// model says what a set allows by regular expressions.
func model(s Set, name string) (ops Ops) {
	kind, rest, _ := splitKind(name)
	if rest == "" {
		return 0
	}
	s.Each(func(text string, o Ops) bool {
		k, pattern, _ := splitKind(text)
		quoted := strings.Split(regexp.QuoteMeta(pattern), ":")
		for i, q := range quoted {
			switch {
			case q != `\*`:
			case i == len(quoted)-1:
				quoted[i] = `.*`
			default:
				quoted[i] = `[^:]*`
			}
		}
		if (k == "*" || k == kind) && regexp.MustCompile("^"+strings.Join(quoted, ":")+"$").MatchString(rest) {
			ops |= o
		}
		return true
	})
	return ops
}

func TestMatchingIsTheModels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, n := set().Draw(t, "s"), name().Draw(t, "name")
		if got, want := s.Ops(n), model(s, n); got != want {
			t.Fatalf("%s on %q: %v, want %v", s, n, got.Names(), want.Names())
		}
	})
}

// On every name, an intersection allows exactly what both sets do. From this follows that it is contained in both, and
// that neither order nor repetition changes its meaning; those are checked by themselves all the same, on more than two.
func TestIntersection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := set().Draw(t, "a"), set().Draw(t, "b"), set().Draw(t, "c")
		ab := a.Intersect(b)
		for _, n := range rapid.SliceOfN(name(), 1, 20).Draw(t, "names") {
			want := a.Ops(n) & b.Ops(n)
			if got := ab.Ops(n); got != want {
				t.Fatalf("%q: (%s) & (%s) = %s allows %v, want %v", n, a, b, ab, got.Names(), want.Names())
			}
			if b.Intersect(a).Ops(n) != want {
				t.Fatalf("%q: (%s) & (%s): the order matters", n, a, b)
			}
			if ab.Intersect(b).Ops(n) != want || ab.Intersect(ab).Ops(n) != want {
				t.Fatalf("%q: (%s) & (%s): repeating it changes it", n, a, b)
			}
			if ab.Intersect(c).Ops(n) != a.Intersect(b.Intersect(c)).Ops(n) {
				t.Fatalf("%q: (%s) & (%s) & (%s): the grouping matters", n, a, b, c)
			}
		}
	})
}

func TestIntersectionTexts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := set().Draw(t, "a"), set().Draw(t, "b")
		if !a.Intersect(a).Equal(a) {
			t.Fatalf("%s with itself is %s", a, a.Intersect(a))
		}
		if x, y := a.Intersect(b), b.Intersect(a); x.String() != y.String() {
			t.Fatalf("(%s) & (%s): %s one way, %s the other", a, b, x, y)
		}
		if x := a.Intersect(b); x.Empty() != (x.String() == "{}") {
			t.Fatalf("%s: Empty is %v", x, x.Empty())
		}
	})
}

func TestTextIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := set().Draw(t, "s")
		back, err := Parse(s.String())
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		if !back.Equal(s) || back.String() != s.String() {
			t.Fatalf("%s became %s", s, back)
		}
		if keys := slices.Sorted(maps.Keys(s.all())); len(keys) > 0 && !s.Has(keys[0]) {
			t.Fatalf("%s does not have %q", s, keys[0])
		}
	})
}
