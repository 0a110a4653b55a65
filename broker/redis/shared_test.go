package redis

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/shared"
	"madang/shared/sharedtest"
)

// remembers runs the suites of what is remembered together: each node has connections of its own, and is not started.
func remembers(t *testing.T, config func() Config) {
	t.Run("Counts", func(t *testing.T) {
		sharedtest.TestCounts(t, func(t *testing.T) sharedtest.Nodes[shared.Counts] {
			c := config()
			return func(t *testing.T) shared.Counts { return open(t, c).Shared() }
		})
	})
	t.Run("Keys", func(t *testing.T) {
		sharedtest.TestKeys(t, func(t *testing.T) sharedtest.Nodes[shared.Keys] {
			c := config()
			return func(t *testing.T) shared.Keys { return open(t, c).Shared() }
		})
	})
}

// use calls everything once.
func use(t *testing.T, s *Shared, key string) error {
	t.Helper()
	_, _, e1 := s.Add(t.Context(), key, time.Hour)
	_, _, e2 := s.Count(t.Context(), key)
	e3 := s.Clear(t.Context(), key+" 2")
	_, e4 := s.Take(t.Context(), key, shared.Rate{Burst: 5, Minute: 5})
	c, e5 := s.Claim(t.Context(), key, time.Hour)
	var e6 error
	if c.First {
		e6 = s.Settle(t.Context(), key, c.Mark, []byte("x"), time.Hour)
	}
	c, e7 := s.Claim(t.Context(), key+" 2", time.Hour)
	return errors.Join(e1, e2, e3, e4, e5, e6, e7, s.Release(t.Context(), key+" 3", c.Mark))
}

// Each call is one command, whatever is remembered already, and leaves nothing that does not end by itself.
func TestSharedCosts(t *testing.T) {
	t.Parallel()
	server := standalone(t)
	b := open(t, quick(server.URL()))
	s := b.Shared()
	if err := use(t, s, "first"); err != nil { // Redis learns the scripts
		t.Fatal(err)
	}
	for i := range 20 {
		before := [2]int{calls(server, "evalsha"), calls(server, "eval")}
		if err := use(t, s, fmt.Sprint("some {one} ", i)); err != nil {
			t.Fatal(err)
		}
		if after := [2]int{calls(server, "evalsha"), calls(server, "eval")}; after != [2]int{before[0] + 8, before[1]} {
			t.Fatalf("EVALSHA and EVAL before and after 8 calls: %v, %v", before, after)
		}
	}
	keys := strings.Fields(server.Do("KEYS", "*"))
	if len(keys) < 60 {
		t.Errorf("only %d keys", len(keys))
	}
	for _, key := range keys {
		if !strings.HasPrefix(key, b.config.Prefix+"{") || strings.Contains(key, "one") {
			t.Errorf("the key %q", key)
		}
		if left := server.Do("PTTL", key); left == "-1" {
			t.Errorf("%s does not end", key)
		}
	}
}

// While Redis is away everything fails, and when it is back everything works.
func TestSharedAway(t *testing.T) {
	t.Parallel()
	server := standalone(t)
	c := quick(server.URL())
	b, _ := listen(t, c, room("news"))
	s := b.Shared()
	if err := use(t, s, "before"); err != nil {
		t.Fatal(err)
	}
	server.Kill()
	eventually(t, "it is known that Redis is away", func() bool { return b.Ready(t.Context()) != nil })
	if _, _, err := s.Add(t.Context(), "meanwhile", time.Hour); !errors.Is(err, ErrUnavailable) {
		t.Errorf("a count: %v", err)
	}
	if _, err := s.Claim(t.Context(), "meanwhile", time.Hour); !errors.Is(err, ErrUnavailable) {
		t.Errorf("a claim: %v", err)
	}
	server.Restart()
	eventually(t, "it works again", func() bool { return use(t, s, "after") == nil })
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Take(t.Context(), "at the end", shared.Rate{Burst: 1, Minute: 1}); !errors.Is(err, madang.ErrClosed) {
		t.Errorf("when the broker is closed: %v", err)
	}
}
