// Package sharedtest has the suites that whoever remembers for several nodes must pass: [TestCounts] and [TestKeys] check the
// contracts written beside the interfaces of package shared.
package sharedtest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/shared"
)

// A Nodes opens another node that remembers the same. Each is used by many goroutines.
type Nodes[T any] func(t *testing.T) T

// patience is how long a suite waits for what must come.
const patience = 20 * time.Second

// long is a time that does not end while a suite runs.
const long = time.Hour

// eventually waits until ok holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %v in vain: %s", patience, what)
		}
	}
}

// bad are keys that nobody takes.
func bad() []string { return []string{"", strings.Repeat("x", shared.MaxKey+1)} }

func invalid(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, madang.ErrInvalid) {
		t.Errorf("%s: %v, want ErrInvalid", what, err)
	}
}
