package sharedtest

import (
	"bytes"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madang"
	"madang/shared"
)

// TestKeys checks a [shared.Keys]. fresh returns, with nothing remembered, what opens nodes.
//
//nolint:tparallel // whether the rest of the caller runs beside it is the caller's matter
func TestKeys(t *testing.T, fresh func(t *testing.T) Nodes[shared.Keys]) {
	for name, test := range map[string]func(*testing.T, Nodes[shared.Keys]){
		"Claims": claims, "ClaimsAtOnce": claimsAtOnce, "ClaimsEnd": claimsEnd, "RepliesEnd": repliesEnd, "Releases": releases,
		"Marks": marks, "KeysBounds": keysBounds,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, fresh(t))
		})
	}
}

// claims are one's, until there is a reply, which is everybody's.
func claims(t *testing.T, open Nodes[shared.Keys]) {
	a, b := open(t), open(t)
	first := claim(t, a, "order", long)
	if !first.First || first.Mark == "" || first.Reply != nil || first.Pending() {
		t.Errorf("the first: %+v", first)
	}
	for _, k := range []shared.Keys{a, b} {
		if c := claim(t, k, "order", long); !c.Pending() || c.Mark != "" {
			t.Errorf("meanwhile: %+v", c)
		}
	}
	if c := claim(t, b, "another {order}", long); !c.First || c.Mark == first.Mark {
		t.Errorf("another key: %+v", c)
	}
	reply := []byte("p\x00 any bytes \xff")
	if err := a.Settle(t.Context(), "order", first.Mark, reply, long); err != nil {
		t.Fatal(err)
	}
	for _, k := range []shared.Keys{a, b} {
		if c := claim(t, k, "order", long); c.First || c.Pending() || !bytes.Equal(c.Reply, reply) {
			t.Errorf("afterwards: %+v", c)
		}
	}
	empty := claim(t, a, "empty", long)
	if err := b.Settle(t.Context(), "empty", empty.Mark, nil, long); err != nil {
		t.Fatal(err)
	}
	if c := claim(t, b, "empty", long); c.First || c.Reply == nil || len(c.Reply) != 0 {
		t.Errorf("an empty reply: %+v", c)
	}
}

// claimsAtOnce checks that exactly one is first.
func claimsAtOnce(t *testing.T, open Nodes[shared.Keys]) {
	nodes := []shared.Keys{open(t), open(t)}
	var first atomic.Int64
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			c, err := nodes[i%2].Claim(t.Context(), "nonce", long)
			if err != nil {
				t.Error(err)
			} else if c.First {
				first.Add(1)
			}
		})
	}
	wg.Wait()
	if first.Load() != 1 {
		t.Errorf("%d were first", first.Load())
	}
}

// claimsEnd by themselves: then somebody else is first, and the one before comes too late.
func claimsEnd(t *testing.T, open Nodes[shared.Keys]) {
	a, b := open(t), open(t)
	late := claim(t, a, "order", 50*time.Millisecond)
	var next shared.Claim
	eventually(t, "the claim ends", func() bool {
		next = claim(t, b, "order", long)
		return next.First
	})
	if err := a.Settle(t.Context(), "order", late.Mark, []byte("late"), long); !errors.Is(err, madang.ErrNotFound) {
		t.Errorf("too late: %v, want ErrNotFound", err)
	}
	if err := a.Release(t.Context(), "order", late.Mark); err != nil {
		t.Errorf("released too late: %v", err)
	}
	if err := b.Settle(t.Context(), "order", next.Mark, []byte("in time"), long); err != nil {
		t.Fatal(err)
	}
	if c := claim(t, a, "order", long); string(c.Reply) != "in time" {
		t.Errorf("%+v", c)
	}
}

// repliesEnd too.
func repliesEnd(t *testing.T, open Nodes[shared.Keys]) {
	a := open(t)
	c := claim(t, a, "order", long)
	if err := a.Settle(t.Context(), "order", c.Mark, []byte("x"), 50*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the reply is forgotten", func() bool { return claim(t, a, "order", long).First })
}

// releases make a key free, but not one that has its reply.
func releases(t *testing.T, open Nodes[shared.Keys]) {
	a, b := open(t), open(t)
	c := claim(t, a, "order", long)
	if err := a.Release(t.Context(), "order", c.Mark); err != nil {
		t.Fatal(err)
	}
	c = claim(t, b, "order", long)
	if !c.First {
		t.Fatalf("after a release: %+v", c)
	}
	if err := b.Settle(t.Context(), "order", c.Mark, []byte("x"), long); err != nil {
		t.Fatal(err)
	}
	if err := b.Release(t.Context(), "order", c.Mark); err != nil {
		t.Error(err)
	}
	if c := claim(t, a, "order", long); string(c.Reply) != "x" {
		t.Errorf("a reply was released: %+v", c)
	}
	if err := a.Release(t.Context(), "never", "1"); err != nil {
		t.Errorf("nothing to release: %v", err)
	}
}

// marks of others do nothing.
func marks(t *testing.T, open Nodes[shared.Keys]) {
	a := open(t)
	claim(t, a, "order", long)
	for _, mark := range []string{"", "guess"} {
		if err := a.Settle(t.Context(), "order", mark, []byte("x"), long); !errors.Is(err, madang.ErrNotFound) {
			t.Errorf("settled by %q: %v", mark, err)
		}
		if err := a.Release(t.Context(), "order", mark); err != nil {
			t.Errorf("released by %q: %v", mark, err)
		}
	}
	if c := claim(t, a, "order", long); !c.Pending() {
		t.Errorf("%+v", c)
	}
}

func keysBounds(t *testing.T, open Nodes[shared.Keys]) {
	a := open(t)
	for _, key := range bad() {
		_, err := a.Claim(t.Context(), key, long)
		invalid(t, "claim of a bad key", err)
		invalid(t, "reply to a bad key", a.Settle(t.Context(), key, "1", nil, long))
		invalid(t, "release of a bad key", a.Release(t.Context(), key, "1"))
	}
	for _, d := range []time.Duration{-1, 0, time.Microsecond, shared.MaxTime + 1} {
		_, err := a.Claim(t.Context(), "order", d)
		invalid(t, "claim for "+d.String(), err)
		invalid(t, "reply for "+d.String(), a.Settle(t.Context(), "order", "1", nil, d))
	}
	c := claim(t, a, "order", long)
	invalid(t, "a long reply", a.Settle(t.Context(), "order", c.Mark, make([]byte, shared.MaxReply+1), long))
	if err := a.Settle(t.Context(), "order", c.Mark, make([]byte, shared.MaxReply), long); err != nil {
		t.Error(err)
	}
}

func claim(t *testing.T, k shared.Keys, key string, lease time.Duration) shared.Claim {
	t.Helper()
	c, err := k.Claim(t.Context(), key, lease)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
