package signin

import (
	"errors"
	"slices"
	"testing"
)

// TestNewPasswordIsToldAllAtOnce has a password that is too short and not what was confirmed.
func TestNewPasswordIsToldAllAtOnce(t *testing.T) {
	h := newHouse(t)
	_, err := h.members.Register(h.ctx(), at("192.0.2.1"), RegisterForm{
		Name: "Park", Email: "park@example.com", Password: "short", Confirmation: "other", Terms: true,
	})
	refusal, ok := errors.AsType[*Refusal](err)
	want := []string{"The password field must be at least 8 characters.", "The password field confirmation does not match."}
	if !ok || refusal.Errors == nil || !slices.Equal(refusal.Errors.Of("password"), want) {
		t.Errorf("registered: %v", err)
	}
}
