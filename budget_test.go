package madang_test

import (
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"madang"
)

// crowd connects n links that hold nothing.
func crowd(t *testing.T, h *madang.Hub, n int) []*valve {
	t.Helper()
	var vs []*valve
	for i := range n {
		v, _ := connect(t, h, user(strconv.Itoa(i)), wordy{})
		vs = append(vs, v)
	}
	return vs
}

func ended(vs []*valve) (all []string) {
	for _, v := range vs {
		all = append(all, v.ended())
	}
	return all
}

// From 80 % of the budget on newcomers are refused, until it is less than 70 %; who is there notices nothing.
func TestFullRefusesNewcomers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHub(t, madang.Config{Limits: madang.Limits{Memory: 10_000_000}})
		vs := crowd(t, h, 4)
		good, c := connect(t, h, user("good"), wordy{})
		sub(t, c, 0, "r")
		for _, step := range []struct {
			hold int
			full bool
		}{{1_900_000, false}, {2_100_000, true}, {1_800_000, true}, {1_700_000, false}, {1_900_000, false}, {2_200_000, true}, {0, false}} {
			for _, v := range vs {
				v.held.Set(v.line, step.hold)
			}
			time.Sleep(100 * time.Millisecond)
			if h.Full() != step.full {
				t.Fatalf("4 links hold %d bytes each: full is %v", step.hold, h.Full())
			}
			line, err := h.Open(&valve{})
			if step.full != errors.Is(err, madang.ErrTooMany) || !step.full && err != nil {
				t.Errorf("at %d bytes a newcomer was told %v", step.hold, err)
			}
			if line != nil {
				line.Drop(madang.CloseGone)
			}
			if inner, err := h.OpenInner(&valve{}); err != nil {
				t.Errorf("nobody can stand in for a client that may come back: %v", err)
			} else {
				inner.Drop(madang.CloseGone)
			}
			flood(t, h, "r", 1)
		}
		synctest.Wait()
		if n := len(good.records()); n != 7 {
			t.Errorf("the good one got %d of 7", n)
		}
		if got := ended(append(vs, good)); !slices.Equal(got, make([]string, 5)) {
			t.Errorf("ended as %q", got)
		}
		if b := h.Budget(); b.Held != 0 || b.Refused != 3 || b.Closed != 0 || b.Limit != 10_000_000 {
			t.Errorf("%+v", b)
		}
	})
}

// Who holds a node near its budget for nothing does not do so for ever.
func TestFullForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHub(t, madang.Config{Limits: madang.Limits{Memory: 10_000_000}})
		vs := crowd(t, h, 5)
		for i, v := range vs {
			v.held.Set(v.line, 1_500_000+i*100_000)
		}
		time.Sleep(29 * time.Second)
		if got := ended(vs); !h.Full() || !slices.Equal(got, make([]string, 5)) {
			t.Errorf("full is %v; ended as %q too early", h.Full(), got)
		}
		time.Sleep(2 * time.Second)
		if got := ended(vs); h.Full() || !slices.Equal(got, []string{"", "", "", "", "slow"}) {
			t.Errorf("full is %v; ended as %q", h.Full(), got)
		}
	})
}

// Beyond the budget who holds most is closed, and no more than needed, whatever it is that they hold.
func TestFullClosesWhoHoldsMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHub(t, madang.Config{Limits: madang.Limits{
			Memory: 3_000_000, MaxLag: 1 << 30, HardLag: 1 << 30, MaxOver: time.Hour, Flushers: 2,
		}})
		vs := crowd(t, h, 3)
		good, c := connect(t, h, user("good"), wordy{})
		sub(t, c, 0, "r")
		deaf, c := connect(t, h, user("deaf"), wordy{})
		deaf.room = 0
		sub(t, c, 0, "r")
		own, _ := connect(t, h, user("own"), wordy{})
		own.room = 0
		var mu sync.Mutex
		var cut []int
		for i, n := range []int{100_000, 800_000, 400_000} {
			var b *madang.Burden
			b = h.NewBurden(func() {
				mu.Lock()
				defer mu.Unlock()
				cut = append(cut, i)
				b.Release()
			})
			b.Add(n)
		}
		vs[0].held.Set(vs[0].line, 1000)
		vs[1].held.Set(vs[1].line, 300_000)
		vs[2].held.Set(vs[2].line, 700_000)
		for range 600 { // the first to be too much, and among the last to go
			own.line.Send(make([]byte, 1000))
			flood(t, h, "r", 1)
			synctest.Wait()
		}
		time.Sleep(time.Second)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if !slices.Equal(cut, []int{1}) {
			t.Errorf("the requests %v were cut off, want the one that holds most", cut)
		}
		if got := ended(append(vs, good, deaf, own)); !slices.Equal(got, []string{"", "", "", "", "", ""}) {
			t.Errorf("ended as %q", got)
		}
		if n := len(good.records()); n != 600 {
			t.Errorf("the good one got %d of 600", n)
		}
		vs[0].held.Set(vs[0].line, 500_000)
		time.Sleep(time.Second)
		if got := ended(append(vs, good, deaf, own)); !slices.Equal(got, []string{"", "", "slow", "", "", ""}) {
			t.Errorf("then ended as %q", got)
		}
		flood(t, h, "r", 500)
		time.Sleep(time.Second)
		if got := ended(append(vs, good, deaf, own)); !slices.Equal(got, []string{"", "", "slow", "", "slow", ""}) {
			t.Errorf("at last ended as %q", got)
		}
		if b := h.Budget(); b.Closed != 3 {
			t.Errorf("%+v", b)
		}
	})
}

// Bytes that many are sent are there once, so a burst to everybody at once is no reason to shed.
func TestSharedUnitsCountOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHub(t, madang.Config{Limits: madang.Limits{Memory: 1_000_000}})
		vs := crowd(t, h, 100)
		var in []madang.ConnID
		for _, v := range vs {
			v.line.Cork()
			in = append(in, v.conn.ID())
		}
		if err := h.Emit(t.Context(), madang.Audience{Conns: in}, &madang.Message{Data: make([]byte, 100_000)}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if b := h.Budget(); b.Full || b.Held < 100_000 || b.Held > 200_000 {
			t.Errorf("one message for 100: %+v", b)
		}
		for _, v := range vs {
			v.line.Uncork()
		}
		synctest.Wait()
		if b := h.Budget(); b.Held != 0 {
			t.Errorf("when all have it: %+v", b)
		}
	})
}

// Without a limit there is none.
func TestNoBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHub(t, madang.Config{Limits: madang.Limits{Memory: -1}})
		v := crowd(t, h, 1)[0]
		v.line.Hold(1 << 40)
		time.Sleep(time.Second)
		if v.ended() != "" || h.Full() || h.Budget().Limit != 0 {
			t.Errorf("ended as %q: %+v", v.ended(), h.Budget())
		}
	})
}
