package seldom

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(time.Minute)
		if n, ok := s.Allow("a"); !ok || n != 0 {
			t.Error("not the first")
		}
		for range 5 {
			if _, ok := s.Allow("a"); ok {
				t.Error("again")
			}
		}
		if _, ok := s.Allow("b"); !ok {
			t.Error("another subject waits")
		}
		time.Sleep(time.Minute)
		if n, ok := s.Allow("a"); !ok || n != 5 {
			t.Errorf("after a minute: %d, %v", n, ok)
		}
		said := 0
		for i := range 1000 {
			if _, ok := s.Allow(string(rune('가' + i))); ok {
				said++
			}
		}
		if said > maxSubjects+1 || len(s.last) > maxSubjects+1 {
			t.Errorf("a storm of subjects was told %d times, %d are kept", said, len(s.last))
		}
		time.Sleep(time.Minute)
		if _, ok := s.Allow("new"); !ok || len(s.last) > 2 {
			t.Errorf("%v; %d subjects are not forgotten", ok, len(s.last))
		}
	})
}
