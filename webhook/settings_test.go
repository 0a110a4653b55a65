package webhook_test

import (
	"slices"
	"testing"

	"madang/internal/config"
	"madang/webhook/auth"
	"madang/webhook/hook"
	"madang/webhook/outgoing"
)

// The keys of the settings are a promise to those who have written them into a file.
func TestSettings(t *testing.T) {
	a, h, o := auth.Defaults(), hook.Defaults(), outgoing.Defaults()
	s, err := config.NewSchema("X", config.Comments{}, config.Section{Key: "a", Value: &a}, config.Section{Key: "h", Value: &h}, config.Section{Key: "o", Value: &o})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, x := range s.Settings() {
		keys = append(keys, x.Key)
	}
	want := []string{
		"a.auth_host", "a.hide_address", "a.timeout", "a.ca_file", "a.insecure", "a.auth_endpoint", "a.max_concurrent", "a.max_waiting", "a.expiry",
		"h.auth_host", "h.hide_address", "h.timeout", "h.ca_file", "h.insecure", "h.hook_endpoint", "h.max_hooks",
		"o.timeout", "o.ca_file", "o.insecure", "o.window", "o.max_events", "o.max_queue", "o.delay", "o.retry_for",
	}
	if !slices.Equal(keys, want) {
		t.Errorf("%q\nwant %q", keys, want)
	}
}
