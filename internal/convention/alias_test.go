package convention

import (
	"regexp"
	"testing"
)

func TestAlias(t *testing.T) {
	a := Alias("12.34")
	if !regexp.MustCompile(`^\d+\.\d+$`).MatchString(a) || a == "12.34" || len(a) > 64 {
		t.Errorf("%q", a)
	}
	if a != Alias("12.34") || a == Alias("12.35") || a == Alias("12.340") {
		t.Error("the alias of a connection is not its own")
	}
	// Other programs may compute it too: the first 16 bytes of SHA-256, as two numbers.
	if want := "2776386056219269292.2160957586579608669"; a != want {
		t.Errorf("%s, want %s", a, want)
	}
}
