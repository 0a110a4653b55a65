package repeats_test

import (
	"errors"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"madang/dialect/ably/repeats"
)

// publishes counts, and says how often it was called.
type publishes int

func (n *publishes) publish() ([]string, error) {
	*n++
	return []string{strconv.Itoa(int(*n))}, nil
}

// What is repeated while it is being published waits for what becomes of it.
func TestTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r repeats.Recent
		var n publishes
		answers := make(chan []string, 10)
		for range 10 {
			go func() {
				serials, err := r.Once("key", time.Now, func() ([]string, error) {
					time.Sleep(time.Second) // of the bubble: nobody is done before all have asked
					return n.publish()
				})
				if err != nil {
					t.Error(err)
				}
				answers <- serials
			}()
		}
		for range 10 {
			if got := <-answers; !slices.Equal(got, []string{"1"}) {
				t.Errorf("answered %v", got)
			}
		}
	})
}

// Publishes are remembered by key and for a while; those that failed are not.
func TestOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r repeats.Recent
		var n publishes
		want := func(what, key, serial string) {
			t.Helper()
			if got, err := r.Once(key, time.Now, n.publish); err != nil || !slices.Equal(got, []string{serial}) {
				t.Errorf("%s: %v, %v; want %s", what, got, err, serial)
			}
		}
		want("first", "a", "1")
		want("again", "a", "1")
		want("another", "b", "2")
		want("without a key", "", "3")
		want("again without a key", "", "4")
		time.Sleep(2 * time.Minute)
		want("as late as may be", "a", "1")
		time.Sleep(time.Second)
		want("too late", "a", "5")

		failed := errors.New("failed")
		if _, err := r.Once("c", time.Now, func() ([]string, error) { return nil, failed }); !errors.Is(err, failed) {
			t.Errorf("failed: %v", err)
		}
		want("after a failure", "c", "6")
		func() {
			defer func() {
				if recover() == nil {
					t.Error("a panic was swallowed")
				}
			}()
			_, _ = r.Once("d", time.Now, func() ([]string, error) { panic("publish") }) // it does not return
		}()
		want("after a panic", "d", "7")
	})
}

// The oldest are let go of when there are too many.
func TestMany(t *testing.T) {
	var r repeats.Recent
	var n publishes
	many := func() ([]string, error) { return make([]string, 50_000), nil }
	for _, key := range []string{"a", "b"} {
		if _, err := r.Once(key, time.Now, many); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"a", "b"} {
		if got, err := r.Once(key, time.Now, n.publish); err != nil || key == "b" && len(got) != 50_000 || key == "a" && len(got) != 1 {
			t.Errorf("%s again: %d serials, %v", key, len(got), err)
		}
	}
}
