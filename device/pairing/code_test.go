package pairing_test

import (
	"testing"

	"madang/device/pairing"
	"madang/store/memory"
)

func TestNormal(t *testing.T) {
	for _, c := range []struct {
		f           pairing.Format
		typed, want string
	}{
		{pairing.Digits, "012345", "012345"}, {pairing.Digits, " 012-345 ", "012345"}, {pairing.Digits, "12345", ""},
		{pairing.Digits, "1234567", ""}, {pairing.Digits, "12345a", ""}, {pairing.Digits, "１２３４５６", ""}, {pairing.Digits, "", ""},
		{pairing.Letters, "bcdf-ghjk", "BCDFGHJK"}, {pairing.Letters, "ABCDFGHJ", ""}, {pairing.Letters, "012345", ""},
	} {
		if got := c.f.Normal(c.typed); got != c.want {
			t.Errorf("%s %q: %q", c.f, c.typed, got)
		}
	}
}

func FuzzNormal(f *testing.F) {
	for _, s := range []string{"012345", "bcdf-ghjk", "", "\xff", "         1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		for _, format := range []pairing.Format{pairing.Digits, pairing.Letters} {
			code := format.Normal(typed)
			if code != "" && (format.Normal(code) != code || len(typed) < len(code)) {
				t.Errorf("%q is %q, which is %q", typed, code, format.Normal(code))
			}
		}
	})
}

// Letters are typed as people type them.
func TestLetters(t *testing.T) {
	w := newWorld(t, memory.NewDevices())
	w.config.Format = pairing.Letters
	p := w.node()
	expect(t, p.Ask(t.Context(), by("kim", "box1")), nil)
	code := w.code("box1")
	if len(code) != 8 || pairing.Letters.Normal(code) != code {
		t.Fatalf("the code is %q", code)
	}
	expect(t, p.Check(t.Context(), by("kim", "box1"), code[:4]+"-"+code[4:]), nil)
}

// A display shows nothing that could be taken for something else.
func TestWhoIsShown(t *testing.T) {
	w := newWorld(t, memory.NewDevices())
	p := w.node()
	r := by("kim", "box1")
	r.Who = "\u202e김\x00철수\n" + string(make([]rune, 100))
	for range 100 {
		r.Who += "a"
	}
	expect(t, p.Ask(t.Context(), r), nil)
	who := w.board("box1").prompt.Who
	if n := len([]rune(who)); n != 64 || who[:len("김철수a")] != "김철수a" {
		t.Errorf("%d characters: %q", n, who)
	}
}
