// Package blobtest is the suite that every blob.Store must pass.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"madang/blob"

	"pgregory.net/rapid"
)

// Run runs the suite. open returns an empty store; it is called for each test, and sees to it that the store is closed.
func Run(t *testing.T, open func(*testing.T) blob.Store) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, blob.Store){
		"whole": whole, "missing": missing, "keys": keys, "bounds": bounds, "own data": ownData, "ended": ended, "at once": atOnce, "like a map": likeAMap,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func expect(t *testing.T, s blob.Store, key string, want blob.Object) {
	t.Helper()
	got, err := s.Get(t.Context(), key)
	if err != nil || got.Type != want.Type || !bytes.Equal(got.Data, want.Data) {
		t.Fatalf("%s: %q of %d bytes, %v; want %q of %d", key, got.Type, len(got.Data), err, want.Type, len(want.Data))
	}
}

func put(t *testing.T, s blob.Store, key string, o blob.Object) {
	t.Helper()
	if err := s.Put(t.Context(), key, o); err != nil {
		t.Fatal(err)
	}
}

// whole checks that objects come back as they were, in every byte, and are replaced whole.
func whole(t *testing.T, s blob.Store) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, o := range []blob.Object{
		{Type: "image/png", Data: all}, {Type: "text/plain; charset=utf-8", Data: []byte("\n\r\n마당\n")}, {Type: "image/jpeg"},
		{Type: "application/octet-stream", Data: bytes.Repeat([]byte{0}, 100_000)}, {Type: "image/png", Data: []byte{1}},
	} {
		put(t, s, "photos/kim", o)
		expect(t, s, "photos/kim", o)
	}
}

func missing(t *testing.T, s blob.Store) {
	gone := func(key string) {
		t.Helper()
		if _, err := s.Get(t.Context(), key); !errors.Is(err, blob.ErrNotFound) {
			t.Fatalf("%s: %v, want ErrNotFound", key, err)
		}
		if err := s.Delete(t.Context(), key); err != nil {
			t.Fatalf("delete %s, which is not there: %v", key, err)
		}
	}
	gone("a")
	gone("a/b/c/d")
	put(t, s, "a/b", blob.Object{Type: "image/png", Data: []byte("x")})
	gone("a")
	gone("a/b/c")
	if err := s.Delete(t.Context(), "a/b"); err != nil {
		t.Fatal(err)
	}
	gone("a/b")
}

// keys checks that keys are told apart that a file system could mix up, and that what is none is refused.
func keys(t *testing.T, s blob.Store) {
	good := []string{
		"a", "a/a", "a/a/a", "a/a/a/a", "a.b", "a_b", "a-b", "a..b", "con", "nul.txt", "aux/prn", "tmp", "tmp/a", "f-a", "d-a", "d-a/f-a",
		"0", strings.Repeat("x", blob.MaxSegment), strings.Repeat("x", 99) + "/" + strings.Repeat("y", 99) + "/" + strings.Repeat("z", 55),
	}
	for i, key := range good {
		put(t, s, key, blob.Object{Type: "image/png", Data: fmt.Append(nil, i)})
	}
	for i, key := range good {
		expect(t, s, key, blob.Object{Type: "image/png", Data: fmt.Append(nil, i)})
	}
	for _, key := range []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/../b", "a/./b", ".a", "a.", "-a", "_a", "A", "a b", "a\\b", "a:b", "a\x00", "a\n",
		"é", "마당", "a?b", "a#b", "a%2fb", "*", "~", "a/b/c/d/e", strings.Repeat("x", blob.MaxSegment+1),
		strings.Repeat("x", 99) + "/" + strings.Repeat("y", 99) + "/" + strings.Repeat("z", 56), strings.Repeat("../", 50) + "etc/passwd",
	} {
		if err := s.Put(t.Context(), key, blob.Object{Type: "image/png"}); !errors.Is(err, blob.ErrInvalid) {
			t.Errorf("put %q: %v, want ErrInvalid", key, err)
		}
		if _, err := s.Get(t.Context(), key); !errors.Is(err, blob.ErrInvalid) {
			t.Errorf("get %q: %v, want ErrInvalid", key, err)
		}
		if err := s.Delete(t.Context(), key); !errors.Is(err, blob.ErrInvalid) {
			t.Errorf("delete %q: %v, want ErrInvalid", key, err)
		}
	}
}

func bounds(t *testing.T, s blob.Store) {
	most := blob.Object{Type: "image/png", Data: bytes.Repeat([]byte("x"), blob.MaxSize)}
	put(t, s, "a", most)
	expect(t, s, "a", most)
	for _, o := range []blob.Object{
		{Type: "image/png", Data: make([]byte, blob.MaxSize+1)}, {}, {Type: "image/png\nx"}, {Type: "image/png\r\nX-A: b"}, {Type: "/"},
		{Type: "text/" + strings.Repeat("x", blob.MaxType)},
	} {
		if err := s.Put(t.Context(), "a", o); !errors.Is(err, blob.ErrInvalid) {
			t.Errorf("put %q of %d bytes: %v, want ErrInvalid", o.Type, len(o.Data), err)
		}
	}
	expect(t, s, "a", most)
}

// ownData checks that neither what was given nor what was got is shared.
func ownData(t *testing.T, s blob.Store) {
	given := []byte("as it was")
	put(t, s, "a", blob.Object{Type: "image/png", Data: given})
	given[0] = 'X'
	for range 2 {
		got, err := s.Get(t.Context(), "a")
		if err != nil || string(got.Data) != "as it was" {
			t.Fatalf("%q, %v", got.Data, err)
		}
		got.Data[0] = 'Y'
	}
}

// ended checks that nothing is done for whoever is gone already.
func ended(t *testing.T, s blob.Store) {
	o := blob.Object{Type: "image/png", Data: []byte("x")}
	put(t, s, "a", o)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Put(ctx, "a", blob.Object{Type: "image/png"}); !errors.Is(err, context.Canceled) {
		t.Errorf("put: %v", err)
	}
	if _, err := s.Get(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("get: %v", err)
	}
	if err := s.Delete(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("delete: %v", err)
	}
	expect(t, s, "a", o)
}

// atOnce checks that of many who write the same key one wins, whole, type and data.
func atOnce(t *testing.T, s blob.Store) {
	of := func(i int) blob.Object {
		return blob.Object{Type: fmt.Sprintf("image/x-%d", i), Data: bytes.Repeat(fmt.Append(nil, i), 5000*(i+1))}
	}
	put(t, s, "a", of(0))
	var writers, readers sync.WaitGroup
	done := make(chan struct{})
	for i := range 6 {
		writers.Go(func() {
			for range 10 {
				if err := s.Put(t.Context(), "a", of(i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 2 {
		readers.Go(func() {
			for {
				got, err := s.Get(t.Context(), "a")
				var i int
				if _, scan := fmt.Sscanf(got.Type, "image/x-%d", &i); err != nil || scan != nil || !bytes.Equal(got.Data, of(i).Data) {
					t.Errorf("%q of %d bytes, %v", got.Type, len(got.Data), err)
					return
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
}

// likeAMap checks any sequence of operations against a map.
func likeAMap(t *testing.T, s blob.Store) {
	ctx := t.Context()
	model := map[string]blob.Object{}
	rapid.Check(t, func(t *rapid.T) {
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			key := rapid.SampledFrom([]string{"a", "a/a", "a/b", "b", "b/a/c"}).Draw(t, "key")
			switch rapid.IntRange(0, 2).Draw(t, "step") {
			case 0:
				o := blob.Object{Type: rapid.SampledFrom([]string{"image/png", "image/jpeg"}).Draw(t, "type"), Data: rapid.SliceOf(rapid.Byte()).Draw(t, "data")}
				if err := s.Put(ctx, key, o); err != nil {
					t.Fatal(err)
				}
				model[key] = o
			case 1:
				if err := s.Delete(ctx, key); err != nil {
					t.Fatal(err)
				}
				delete(model, key)
			case 2:
				got, err := s.Get(ctx, key)
				want, there := model[key]
				if there && (err != nil || got.Type != want.Type || !bytes.Equal(got.Data, want.Data)) || !there && !errors.Is(err, blob.ErrNotFound) {
					t.Fatalf("%s: %+v, %v, want %+v", key, got, err, want)
				}
			}
		}
	})
}
