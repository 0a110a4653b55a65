package problem

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/device"
	"madang/device/pairing"
)

func TestOf(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		code   string
		header string
	}{
		{errors.New("the disk is full: secret"), 500, "internal", ""},
		{fmt.Errorf("x: %w", device.ErrNotFound), 404, "not_found", ""},
		{device.ErrConflict, 409, "conflict", ""},
		{errors.Join(ErrChanged, device.ErrConflict), 412, "changed", ""},
		{device.ErrAway, 503, "hub_away", ""},
		{device.ErrLastOwner, 409, "last_owner", ""},
		{device.ErrTooMany, 429, "too_many", "Retry-After: 60"},
		{&pairing.WaitError{Of: "person", Retry: 90*time.Second + 1}, 429, "too_many", "Retry-After: 91"},
		{pairing.ErrWrong, 422, "code_wrong", ""},
		{pairing.ErrExpired, 410, "code_expired", ""},
		{pairing.ErrLocked, 423, "hub_locked", ""},
		{pairing.ErrNoDisplay, 503, "no_display", ""},
		{Unauthenticated(madang.ErrUnauthenticated, false), 401, "token_missing", "WWW-Authenticate: Bearer"},
		{Unauthenticated(device.ErrUnauthenticated, true), 401, "token_invalid", `WWW-Authenticate: Bearer error="invalid_token"`},
		{Unauthenticated(&madang.Refusal{Code: "token_expired", Text: "만료", Err: madang.ErrUnauthenticated}, true), 401, "token_expired", ""},
		{Unauthenticated(madang.ErrForbidden, true), 403, "forbidden", ""},
		{madang.ErrClosed, 503, "closed", ""},
	} {
		w := httptest.NewRecorder()
		p := Of(c.err).Localize("ko")
		p.Write(w)
		var got Problem
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if w.Code != c.status || got.Code != c.code || got.Status != c.status || got.Detail == "" || got.Title != http.StatusText(c.status) {
			t.Errorf("%v: %d %+v", c.err, w.Code, got)
		}
		if name, value, ok := strings.Cut(c.header, ": "); ok && w.Header().Get(name) != value {
			t.Errorf("%v: %s is %q, want %q", c.err, name, w.Header().Get(name), value)
		}
		if strings.Contains(w.Body.String(), "secret") || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%v: %s", c.err, w.Body)
		}
	}
}

func TestLanguage(t *testing.T) {
	for _, c := range []struct{ accept, want string }{
		{"", "ko"}, {"de", "ko"}, {"en", "en"}, {"en-US,en;q=0.9", "en"}, {"ko-KR", "ko"}, {"EN", "en"},
		{"en;q=0.5,ko", "ko"}, {"en;q=0", "ko"}, {"en;q=x", "ko"}, {"de, en;q=0.1", "en"}, {",,;", "ko"},
	} {
		if got := Language(c.accept, "ko"); got != c.want {
			t.Errorf("%q: %s, want %s", c.accept, got, c.want)
		}
	}
}

// Every code has words in both languages.
func TestTexts(t *testing.T) {
	for code, words := range texts() {
		if words["ko"] == "" || words["en"] == "" || len(words) != 2 {
			t.Errorf("%s: %v", code, words)
		}
	}
}
