package madang

import (
	"bytes"
	"regexp"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A batch, cut anywhere: what was taken is what was written and what is owed, in whole units.
func TestBatchCutProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(0, 9), 1, 12).Draw(t, "sizes")
		base := rapid.Uint32Range(0, 100).Draw(t, "base")
		b := Batch{base: base, copied: rapid.Bool().Draw(t, "copied")}
		for i, n := range sizes {
			b.bytes = append(b.bytes, bytes.Repeat([]byte{byte('a' + i)}, n)...)
			b.units = append(b.units, unit{end: base + uint32(len(b.bytes))})
		}
		all := bytes.Clone(b.bytes)
		n := rapid.IntRange(0, len(all)).Draw(t, "n")
		units, rest := b.Cut(n)
		if units < 0 || units > b.Len() {
			t.Fatalf("%d units of %d", units, b.Len())
		}
		var taken []byte
		for i := range units {
			taken = append(taken, b.Unit(i)...)
		}
		if got := append(bytes.Clone(all[:n]), rest...); !bytes.Equal(got, taken) {
			t.Fatalf("cut at %d of %q: %q was written, %q is owed, but %d units are %q", n, all, all[:n], rest, units, taken)
		}
		if (units < b.Len() || len(rest) > 0) == (n == len(all)) {
			t.Fatalf("cut at %d of %d: %d of %d units, %d owed", n, len(all), units, b.Len(), len(rest))
		}
		if n > 0 && units > 0 && len(rest) > len(b.Unit(units-1)) {
			t.Fatalf("owes %d bytes, more than a unit", len(rest))
		}
		if b.copied { // the scratch buffer is overwritten by the next flush
			want := bytes.Clone(rest)
			clear(b.bytes)
			if !bytes.Equal(rest, want) {
				t.Fatal("the rest did not stay valid")
			}
		}
	})
}

// What a hub gives is valid, and what is not of the form that it gives is not.
func TestConnIDProperty(t *testing.T) {
	for range 100 {
		if id := New(Config{}).NewConnID(); !id.Valid() {
			t.Errorf("a hub has named a connection %s", id)
		}
	}
	form := regexp.MustCompile(`\A[0-9]+\.[0-9]+\z`)
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.OneOf(rapid.StringMatching(`[0-9.]{0,5}`), rapid.StringMatching(`[0-9]{1,40}\.[0-9]{1,40}\n?`),
			rapid.StringMatching(`-?[0-9٣]{1,3}\.[0-9]{1,3}`), rapid.String()).Draw(t, "id")
		if want := form.MatchString(id) && len(id) <= maxConnID; ConnID(id).Valid() != want {
			t.Fatalf("%q: %v, want %v", id, !want, want)
		}
	})
}

// In any span of time a bucket gives no more than its burst and its rate allow, and never less than the rate to one who
// asks often enough.
func TestBucketProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.IntRange(1, 50).Draw(t, "rate")
		burst := rate + rapid.IntRange(0, 50).Draw(t, "extra")
		var b bucket
		now := time.Unix(1_700_000_000, 0)
		var taken []time.Time
		latest := now
		for range rapid.IntRange(1, 300).Draw(t, "tries") {
			step := rapid.SampledFrom([]int{0, 0, 0, 1, 10, 100, 3000, -500}).Draw(t, "ms")
			now = now.Add(time.Duration(step) * time.Millisecond)
			if now.After(latest) {
				latest = now
			}
			if b.take(now, rate, burst) {
				taken = append(taken, now)
			}
		}
		newest := time.Time{}
		for i := range taken { // a clock that is set back counts as standing still
			if taken[i].Before(newest) {
				taken[i] = newest
			}
			newest = taken[i]
		}
		for i, from := range taken {
			for k, to := range taken[i:] {
				if most := float64(burst) + to.Sub(from).Seconds()*float64(rate); float64(k+1) > most+1e-6 {
					t.Fatalf("%d were taken in %v, more than %.2f", k+1, to.Sub(from), most)
				}
			}
		}
		if newest.IsZero() {
			t.Fatal("a full bucket gave nothing")
		}
		later := latest.Add(2*time.Second + time.Duration(burst)*time.Second)
		for i := range burst {
			if !b.take(later, rate, burst) {
				t.Fatalf("rested, it gave %d of %d", i, burst)
			}
		}
	})
}

// What nobody needs any more leaves nothing behind in memory.
func TestMemoryForgets(t *testing.T) {
	m := NewMemory()
	b := m.Broker()
	count := func() (n int) {
		for i := range m.part {
			m.part[i].mu.Lock()
			n += len(m.part[i].m)
			m.part[i].mu.Unlock()
		}
		return n
	}
	cs := []Channel{{Name: "a"}, {Name: "b"}, {Name: "aged"}}
	say := func(c Channel, keep Retention) Position {
		ps, err := b.Publish(t.Context(), []*Event{{Channel: c, Message: &Message{Channel: c}}}, keep)
		if err != nil {
			t.Fatal(err)
		}
		return ps[0]
	}
	if err := b.Subscribe(t.Context(), cs[:2]...); err != nil {
		t.Fatal(err)
	}
	first := say(cs[0], Retention{})
	say(Channel{Name: "nobody"}, Retention{})
	say(cs[2], Retention{Count: 5, Age: 20 * time.Millisecond})
	if n := count(); n != 3 {
		t.Errorf("%d streams, want 3", n)
	}
	if err := b.Unsubscribe(t.Context(), cs[0]); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); count() != 1; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d streams, want 1", count())
		}
	}
	if err := b.Subscribe(t.Context(), cs[0]); err != nil {
		t.Fatal(err)
	}
	if again := say(cs[0], Retention{}); again.Epoch == first.Epoch {
		t.Errorf("a stream that was forgotten goes on at %v after %v", again, first)
	}
	if err := b.Close(); err != nil || count() != 0 {
		t.Errorf("closed: %d streams, %v", count(), err)
	}
}
