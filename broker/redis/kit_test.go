package redis

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"madang"
	"madang/internal/redistest"
)

// numbers make key prefixes that nobody else uses.
var numbers atomic.Int64

// quick is a configuration for tests: faults are noticed soon.
func quick(url string) Config {
	c := Defaults()
	c.URL, c.Prefix, c.Partitions = url, fmt.Sprintf("t%d:", numbers.Add(1)), 4
	c.Timeout, c.Heartbeat, c.RetryMax = 2*time.Second, 50*time.Millisecond, 100*time.Millisecond
	return c
}

// open returns a broker that ends with the test.
func open(t testing.TB, c Config) *Broker {
	t.Helper()
	b, err := Open(t.Context(), c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// eventually fails the test unless something becomes true.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("it did not happen that %s", what)
}

func room(name string) madang.Channel { return madang.Channel{App: "app", Name: name} }

func standalone(t testing.TB) *redistest.Server { return redistest.Start(t) }
