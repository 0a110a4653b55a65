package retry_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"madang/internal/retry"

	"pgregory.net/rapid"
)

// TestAfter holds waits to their bounds: never more than Most, never under half of what the doubling has come to.
func TestAfter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := retry.Backoff{
			First: time.Duration(rapid.Int64Range(1, int64(time.Minute)).Draw(t, "first")),
			Most:  time.Duration(rapid.Int64Range(int64(time.Minute), int64(24*time.Hour)).Draw(t, "most")),
		}
		failed := rapid.IntRange(1, 1<<30).Draw(t, "failed")
		whole := b.Most
		if failed < 30 {
			whole = min(b.Most, b.First<<(failed-1))
		} else if b.First<<29 < b.Most {
			return // so far it has not grown yet
		}
		if got := b.After(failed); got < whole/2 || got > whole {
			t.Fatalf("after %d failures %v, want %v to %v", failed, got, whole/2, whole)
		}
	})
}

func TestSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		if err := retry.Sleep(t.Context(), time.Hour); err != nil || time.Since(begun) != time.Hour {
			t.Fatalf("slept %v: %v", time.Since(begun), err)
		}
		ctx, done := context.WithTimeout(t.Context(), time.Minute)
		defer done()
		if err := retry.Sleep(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != time.Hour+time.Minute {
			t.Fatalf("slept %v: %v", time.Since(begun), err)
		}
	})
}
