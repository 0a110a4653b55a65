package token

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNegotiate(t *testing.T) {
	for _, test := range []struct {
		accept   string
		fallback Language
		want     Language
	}{
		{"", Korean, Korean},
		{"", English, English},
		{"en", Korean, English},
		{"ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", English, Korean},
		{"en-US,en;q=0.9,ko;q=0.8", Korean, English},
		{"en;q=0.5,ko;q=0.6", English, Korean},
		{"en ; q=0.5 , KO-kr ; Q=0.6", English, Korean},
		{"en,ko", Korean, English},
		{"fr,de;q=0.9", English, English},
		{"fr,en;q=0.1", Korean, English},
		{"en;q=0", Korean, Korean},
		{"ko;q=0,en;q=0.001", Korean, English},
		{"*", English, English},
		{"*;q=0.5,ko;q=0.4", English, English},
		{"*;q=0.5,ko", English, Korean},
		{"ko;q=0,*", Korean, English},
		{"ko;q=0.2,en;q=0.1,*", English, Korean},
		{"en;q=2,ko;q=0.1", English, Korean},
		{"en;q=NaN,ko;q=0.1", English, Korean},
		{"*;q=NaN,*;q=0.5,ko;q=0.1", English, English},
		{"en;q=,ko;q=0.1", English, Korean},
		{"english,ko_KR;q=0.3", English, Korean},
		{",;,;;q=1,-,ko;level=1;q=0.3", English, Korean},
		{strings.Repeat("fr,", 200) + "en", Korean, Korean},
	} {
		if got := Negotiate(test.accept, test.fallback); got != test.want {
			t.Errorf("%q with %s: %s, want %s", test.accept, test.fallback, got, test.want)
		}
	}
}

func TestNegotiateAlwaysAnswers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.SampledFrom([]string{"ko", "en", "-KR", ",", ";", "q=", "0.5", "1", "*", " ", "x"})).Draw(t, "accept")
		fallback := rapid.SampledFrom([]Language{Korean, English}).Draw(t, "fallback")
		switch l := Negotiate(strings.Join(parts, ""), fallback); l {
		case Korean, English:
		default:
			t.Fatalf("answer %q", l)
		}
	})
}

func TestText(t *testing.T) {
	if Text("something_else", "fr") != Text(CodeInvalid, English) || Text(CodeExpired, Korean) != Text(CodeInvalid, Korean) {
		t.Error("wrong text for what is not in the catalogue")
	}
}
