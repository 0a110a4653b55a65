package totp

import (
	"encoding/base32"
	"image"
	"image/color"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/boombuler/barcode/qr"
	"pgregory.net/rapid"
)

// The vectors of RFC 6238 appendix B for SHA-1, whose codes there have eight digits.
func TestVectors(t *testing.T) {
	secret := base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))
	for unix, want := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
	} {
		if code, err := Code(secret, Step(time.Unix(unix, 0))); err != nil || code != want[2:] {
			t.Errorf("at %d: %s, %v, want %s", unix, code, err, want[2:])
		}
	}
}

func TestMatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := NewSecret()
		at := time.Unix(rapid.Int64Range(100, 1<<34).Draw(t, "time"), 0)
		shown := Step(at) + rapid.Int64Range(-3, 3).Draw(t, "off")
		after := Step(at) + rapid.Int64Range(-4, 4).Draw(t, "after")
		code, err := Code(secret, shown)
		if err != nil {
			t.Fatal(err)
		}
		near := func(s int64) bool { return s >= Step(at)-Skew && s <= Step(at)+Skew && s > after }
		step, ok := Match(secret, code[:3]+" "+code[3:], at, after)
		if ok {
			// Another step may happen to have the same code.
			if same, _ := Code(secret, step); same != code || !near(step) {
				t.Fatalf("accepted %s as the one of step %d, which is %s", code, step, same)
			}
			if again, ok := Match(secret, code, at, step); ok && again <= step {
				t.Fatal("accepted twice")
			}
		} else if near(shown) {
			t.Fatal("refused")
		}
	})
}

func TestNoMatch(t *testing.T) {
	secret, at := NewSecret(), time.Unix(1e9, 0)
	for _, code := range []string{"", "12345", "1234567", "abcdef", strings.Repeat("1", 1<<16), "12345\x00"} {
		if _, ok := Match(secret, code, at, 0); ok {
			t.Errorf("%.20q was accepted", code)
		}
	}
	if _, ok := Match("not base32!", "123456", at, 0); ok {
		t.Error("a secret that is none has a code")
	}
}

func TestURL(t *testing.T) {
	secret := NewSecret()
	u, err := url.Parse(URL("마당: 우리 집", "kim+1@example.com", secret))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/마당 우리 집:kim+1@example.com" || q.Get("secret") != secret || q.Get("issuer") != "마당 우리 집" {
		t.Errorf("%s", u)
	}
	if len(secret) != 32 || strings.ContainsAny(u.RawQuery, "+") {
		t.Errorf("%s", u)
	}
}

func TestRecoveryCodes(t *testing.T) {
	all := NewRecoveryCodes()
	if len(all) != RecoveryCodes || len(slices.Compact(slices.Sorted(slices.Values(all)))) != RecoveryCodes {
		t.Fatal(all)
	}
	for _, c := range all {
		if len(c) != 21 || c[10] != '-' {
			t.Error(c)
		}
	}
	left, ok := UseRecoveryCode(all, " "+strings.ToUpper(all[3])+"\n")
	if !ok || left[3] == all[3] || !slices.Equal(slices.Delete(slices.Clone(left), 3, 4), slices.Delete(slices.Clone(all), 3, 4)) {
		t.Errorf("%v, %v, want only number 3 of %v replaced", ok, left, all)
	}
	for _, code := range []string{"", "-", all[3]} {
		if _, ok := UseRecoveryCode(left, code); ok {
			t.Errorf("%q was accepted", code)
		}
	}
	if _, ok := UseRecoveryCode([]string{""}, ""); ok {
		t.Error("an empty code was accepted")
	}
}

// TestQR paints the picture again and compares it with what the library encodes.
func TestQR(t *testing.T) {
	text := URL("마당", "kim@example.com", NewSecret())
	svg, err := SVG(text, 192)
	if err != nil || !strings.HasPrefix(svg, `<svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="192" height="192" `) {
		t.Fatalf("%s, %v", svg, err)
	}
	want, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		t.Fatal(err)
	}
	painted := map[image.Point]bool{}
	for _, m := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`).FindAllStringSubmatch(svg, -1) {
		x, y, n := number(m[1]), number(m[2]), number(m[3])
		if m[3] != m[4] {
			t.Errorf("%s is not closed", m[0])
		}
		for i := range n {
			painted[image.Pt(x+i-quiet, y-quiet)] = true
		}
	}
	for x := range want.Bounds().Dx() {
		for y := range want.Bounds().Dy() {
			if p := image.Pt(x, y); painted[p] != (color.GrayModel.Convert(want.At(x, y)) == color.Gray{}) {
				t.Fatalf("%v is %v", p, painted[p])
			}
			delete(painted, image.Pt(x, y))
		}
	}
	if len(painted) > 0 {
		t.Errorf("painted outside: %v", painted)
	}
	if _, err := SVG(strings.Repeat("x", 5000), 192); err == nil {
		t.Error("a text that does not fit was drawn")
	}
}

func number(digits string) int {
	n, _ := strconv.Atoi(digits) // digits alone
	return n
}
