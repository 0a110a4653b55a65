package madang_test

import (
	"testing"
	"time"

	"madang"
)

// What is sent to a corked line, from wherever, leaves after Uncork, in its order.
func TestCork(t *testing.T) {
	h := startHub(t, madang.Config{})
	m, c := join(t, h, 1, "u", "r")
	c.Line().Cork()
	c.Line().Send(record([]byte("yes")))
	publish(t, h, "r", "1", "")
	publish(t, h, "r", "2", "")
	other, _ := join(t, h, 2, "other", "r")
	publish(t, h, "r", "3", "")
	eventually(t, "others are served", func() bool { rs, _ := other.records(); return len(rs) == 1 })
	time.Sleep(10 * time.Millisecond)
	if rs, _ := m.records(); len(rs) != 0 {
		t.Fatalf("corked, it sent %q", rs)
	}
	c.Line().Uncork()
	c.Line().Uncork()
	eventually(t, "all has left", func() bool { rs, left := m.records(); return len(rs) == 4 && left == 0 })
	if rs, _ := m.records(); rs[0] != "yes" || rs[1] != "1" || rs[3] != "3" {
		t.Errorf("order %q", rs)
	}
	eventually(t, "nothing is held", func() bool { return h.Buffered() == 0 })
}
