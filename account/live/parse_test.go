package live

import (
	"encoding/hex"
	"strings"
	"testing"

	"madang/account"
)

// An id is taken apart, or is none; and what is taken apart has that one id.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"session:" + strings.Repeat("ab", 32), "session:" + strings.Repeat("AB", 32), "session:ab", "tokens:x", "tokens:", "api_token:7", "api_token:07", "api_token:-1", ":", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, id string) {
		s, ok := parse(id)
		if !ok {
			return
		}
		e := account.Ended{}
		switch {
		case s.session != nil:
			e.Sessions = []account.Hash{*s.session}
		case s.family != "":
			e.Families = []string{s.family}
		default:
			e.APITokens = []int64{s.token}
		}
		if all := keys("a", e); len(all) != 1 || all[0] != (key{"a", id}) {
			t.Fatalf("%q is %v", id, all)
		}
	})
}

func TestParse(t *testing.T) {
	h := strings.Repeat("0f", 32)
	if s, ok := parse("session:" + h); !ok || hex.EncodeToString(s.session[:]) != h {
		t.Errorf("a session: %+v, %v", s, ok)
	}
	if s, ok := parse("tokens:fam"); !ok || s.family != "fam" {
		t.Errorf("tokens: %+v, %v", s, ok)
	}
	if s, ok := parse("api_token:42"); !ok || s.token != 42 {
		t.Errorf("an API token: %+v, %v", s, ok)
	}
	for _, id := range []string{"", ":", "session:", "session:" + strings.ToUpper(h), "session:" + h + "00", "session:zz", "tokens:", "api_token:0",
		"api_token:+1", "api_token:1 ", "device:1", "tokens", "tokens:" + strings.Repeat("x", maxID)} {
		if s, ok := parse(id); ok {
			t.Errorf("%q is %+v", id, s)
		}
	}
}
