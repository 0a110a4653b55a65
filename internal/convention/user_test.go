package convention

import "testing"

func TestUserID(t *testing.T) {
	for raw, want := range map[string]struct{ id, number string }{
		`1`: {"1", "1"}, `"1"`: {"1", ""}, `-7`: {"-7", "-7"}, `0`: {"0", "0"}, `12345678901234567890`: {"12345678901234567890", "12345678901234567890"},
		`"\u00e9 x"`: {"é x", ""}, `"1.0"`: {"1.0", ""},
		`1.0`: {}, `1e0`: {}, `1E2`: {}, `-0`: {}, `0.0`: {}, `-`: {}, `""`: {}, `null`: {}, `true`: {}, `{}`: {}, `[1]`: {}, ``: {},
	} {
		id, number, ok := UserID([]byte(raw))
		if id != want.id || string(number) != want.number || ok != (want.id != "") {
			t.Errorf("%s: %q, %s, %v", raw, id, number, ok)
		}
	}
}
