package ably_test

import (
	"testing"
	"time"

	"madang/internal/nodetest"
)

// TestBrowsers drives the fixture with Ably's own client libraries of two generations in Chromium. What is tested stands in
// browser/.
func TestBrowsers(t *testing.T) {
	if testing.Short() {
		t.Log("the browser takes a minute; it runs without -short")
		return
	}
	ports := nodetest.Fixture(t, "fixture")
	nodetest.Run(t, "browser", 5*time.Minute, "PORT="+ports[0])
}
