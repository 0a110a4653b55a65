package trim

import (
	"runtime"
	"testing"
)

func TestWaste(t *testing.T) {
	runtime.GC()
	s := newSample()
	s.look()
	before := s.waste()
	keep := make([][]byte, 0, 64)
	for range 64 {
		keep = append(keep, make([]byte, 1<<20))
	}
	runtime.GC()
	s.look()
	if s.idle() {
		t.Error("64 MiB were allocated, and that is called idle")
	}
	if w := s.waste(); w > before+16<<20 {
		t.Errorf("what is live counts as waste: %d", w)
	}
	runtime.KeepAlive(keep)
	runtime.GC()
	s.look()
	if w := s.waste(); w < 32<<20 {
		t.Errorf("64 MiB were let go, but only %d are said to be waste", w)
	}
	s.look()
	if !s.idle() {
		t.Error("nothing was allocated, and that is not called idle")
	}
}
