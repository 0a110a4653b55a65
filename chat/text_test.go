package chat_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"madang/chat"
)

func TestClean(t *testing.T) {
	limits := chat.TextLimits{Runes: 5, Bytes: 15}
	for _, c := range []struct{ name, text, want string }{
		{"plain", "hello", "hello"},
		{"spaces stay", "  a \n", "  a \n"},
		{"five syllables", "안녕하세요", "안녕하세요"},
		{"composed from parts", "\u1112\u1161\u11ab", "한"},
		{"emoji of several code points", "👩‍👧", "👩‍👧"},
		{"one visible among fillers", "\u3164x", "\u3164x"},
	} {
		got, err := limits.Clean(c.text)
		if err != nil || got != c.want {
			t.Errorf("%s: Clean(%q) = %q, %v; want %q", c.name, c.text, got, err, c.want)
		}
	}
	for _, c := range []struct{ name, text, why string }{
		{"nothing", "", "empty"},
		{"white space", " \t\n\u00a0\u3000", "empty"},
		{"zero-width spaces", "\u200b\u200d\ufeff", "empty"},
		{"Hangul fillers", "\u3164\u115f\u1160\uffa0", "empty"},
		{"variation selector", "\ufe0f", "empty"},
		{"six characters", "abcdef", "6 characters"},
		{"six syllables", "안녕하세요들", "18 bytes"},
		{"grows when normalised", strings.Repeat("\U0001d15e", 3), "bytes"},
		{"broken UTF-8", "a\xff", "UTF-8"},
		{"surrogate", "a\xed\xa0\x80", "UTF-8"},
		{"NUL", "a\x00b", "NUL"},
	} {
		_, err := limits.Clean(c.text)
		if !errors.Is(err, chat.ErrInvalid) || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: Clean(%q): %v, want something about %q", c.name, c.text, err, c.why)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{
		"", "hello", "안녕하세요", "\u1112\u1161\u11ab", "e\u0301", "\u212b", "\U0001d15e", "\u3164", "a\xff", "\x00",
		"\u0344", strings.Repeat("\u0301", 64), "👩‍👧", "\u200b",
	} {
		f.Add(s)
	}
	limits := chat.TextLimits{Runes: 40, Bytes: 100}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := limits.Clean(s)
		if err != nil {
			if !errors.Is(err, chat.ErrInvalid) {
				t.Fatalf("Clean(%q): %v", s, err)
			}
			return
		}
		if !utf8.ValidString(got) || strings.Contains(got, "\x00") || len(got) > limits.Bytes ||
			utf8.RuneCountInString(got) > limits.Runes || strings.TrimSpace(got) == "" {
			t.Fatalf("Clean(%q) let %q pass", s, got)
		}
		if norm.NFD.String(got) != norm.NFD.String(s) {
			t.Fatalf("Clean(%q) = %q is another text", s, got)
		}
		if again, err := limits.Clean(got); err != nil || again != got {
			t.Fatalf("Clean(%q) = %q, %v: not the same again", got, again, err)
		}
	})
}
