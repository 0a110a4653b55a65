package rest

import (
	"testing"

	"madang"
)

// A token that is for reading changes nothing.
func TestAbilities(t *testing.T) {
	methods := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE"}
	for claims, want := range map[string]string{
		``: "yyyyyyy", `{"email":"x"}`: "yyyyyyy", `{"abilities":["*"]}`: "yyyyyyy", `{"abilities":["read"]}`: "yynnnnn",
		`{"abilities":["create"]}`: "nnynnnn", `{"abilities":["update"]}`: "nnnyynn", `{"abilities":["read","delete"]}`: "yynnnyn",
		`{"abilities":[]}`: "nnnnnnn", `{"abilities":"*"}`: "nnnnnnn", `{"abilities":[["*"],7,""]}`: "nnnnnnn",
	} {
		got := ""
		for _, m := range methods {
			got += map[bool]string{true: "y", false: "n"}[lets(&madang.Principal{Guard: "api", Claims: []byte(claims)}, m)]
		}
		if got != want {
			t.Errorf("%s: %s, want %s", claims, got, want)
		}
	}
	if !lets(&madang.Principal{Guard: "jwt", Claims: []byte(`{"abilities":["shop"]}`)}, "POST") {
		t.Error("what another issuer's token says was taken for a limit")
	}
}
