package rest

import "testing"

func TestLanguage(t *testing.T) {
	for _, c := range []struct{ accept, want string }{
		{"", "ko"}, {"de", "ko"}, {"en", "en"}, {"en-US,en;q=0.9", "en"}, {"ko-KR", "ko"}, {"EN", "en"},
		{"en;q=0.5,ko", "ko"}, {"en;q=0", "ko"}, {"en;q=x", "ko"}, {"de, en;q=0.1", "en"}, {",,;", "ko"},
	} {
		if got := language(c.accept, "ko"); got != c.want {
			t.Errorf("%q: %s, want %s", c.accept, got, c.want)
		}
	}
}

// TestTexts checks that every code has words in both languages.
func TestTexts(t *testing.T) {
	for code, words := range texts() {
		if words["ko"] == "" || words["en"] == "" || len(words) != 2 {
			t.Errorf("%s: %v", code, words)
		}
	}
}
