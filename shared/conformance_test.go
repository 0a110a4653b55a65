package shared_test

import (
	"testing"

	"madang/shared"
	"madang/shared/sharedtest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	sharedtest.TestCounts(t, func(*testing.T) sharedtest.Nodes[shared.Counts] {
		m := shared.NewMemory(nil)
		return func(*testing.T) shared.Counts { return m }
	})
	sharedtest.TestKeys(t, func(*testing.T) sharedtest.Nodes[shared.Keys] {
		m := shared.NewMemory(nil)
		return func(*testing.T) shared.Keys { return m }
	})
}
