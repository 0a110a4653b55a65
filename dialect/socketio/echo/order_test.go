package echo_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"madang"
)

// A backend that takes its time holds up nothing but the channel it is asked about.
func TestOthersAreNotHeldUp(t *testing.T) {
	n := start(t, options{})
	open := n.backend.gate("private-slow")
	kim := n.connect(t, v4, "kim")
	kim.subscribe("private-slow")
	kim.joined(t, "private-fast").joined(t, "news")
	lee := n.connect(t, v4, "lee").joined(t, "private-fast")
	kim.whisper("private-fast", "client-e", "1")
	want(t, lee, `42["client-e","private-fast",1]`)
	if kim.in("private-slow") {
		t.Fatal("it was not authorized yet")
	}
	open()
	eventually(t, "it is in", func() bool { return kim.in("private-slow") })
}

// So many are asked about at once, and no more; all get their answer.
func TestSubscriptionsAreAuthorizedBesideEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := start(t, options{})
		var open []func()
		kim := n.connect(t, v4, "kim")
		for i := range 20 {
			open = append(open, n.backend.gate(fmt.Sprintf("private-%d", i)))
			kim.subscribe(fmt.Sprintf("private-%d", i))
		}
		synctest.Wait()
		if got := len(n.backend.requests()); got != 4 {
			t.Errorf("%d are asked about", got)
		}
		kim.unsubscribe("private-19") // it waits for its turn, which it does not want any more
		synctest.Wait()
		for _, f := range open {
			f()
		}
		synctest.Wait()
		for i := range 20 {
			if kim.in(fmt.Sprintf("private-%d", i)) != (i != 19) {
				t.Errorf("channel %d", i)
			}
		}
		if n.backend.most != 4 || len(n.backend.requests()) != 19 {
			t.Errorf("at once %d, in all %d", n.backend.most, len(n.backend.requests()))
		}
	})
}

// Whoever leaves while it is being asked about is not let in, and the one who asks is told to stop.
func TestLeavingEndsAuthorization(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, channel := range []string{"private-a", "presence-a"} {
			n := start(t, options{})
			n.backend.gate(channel)
			kim := n.connect(t, v4, "kim")
			kim.subscribe(channel)
			synctest.Wait()
			kim.unsubscribe(channel)
			synctest.Wait()
			if n.backend.now != 0 || kim.in(channel) {
				t.Errorf("%s: %d are still asked about", channel, n.backend.now)
			}
			quiet(t, kim)
			kim.subscribe(channel) // and back again: asked anew
			synctest.Wait()
			if n.backend.now != 1 {
				t.Errorf("%s: it is not asked about", channel)
			}
			kim.Drop()
			synctest.Wait()
			if n.backend.now != 0 {
				t.Errorf("%s: asked about for nobody", channel)
			}
		}
	})
}

// The last word counts, however fast it follows the one before.
func TestOrderInOneChannel(t *testing.T) {
	n := start(t, options{})
	const room = "presence-room"
	kim := n.connect(t, v4, "kim")
	for i := range 50 {
		kim.subscribe(room)
		kim.unsubscribe(room)
		if i%2 == 0 {
			kim.subscribe(room)
		}
	}
	kim.subscribe("private-last")
	eventually(t, "all is done", func() bool { return kim.in("private-last") && !kim.in(room) })
	eventually(t, "nobody is there", func() bool {
		all, err := n.hub.Members(t.Context(), madang.Channel{App: "app", Name: room})
		return err == nil && len(all) == 0
	})
	kim.subscribe(room)
	eventually(t, "it is in again", func() bool { return kim.in(room) })
}

// A client that asks for more than may wait is not read until there is room, and loses nothing.
func TestTooManyRequestsWait(t *testing.T) {
	n := start(t, options{})
	open := n.backend.gate("private-gate")
	kim := n.connect(t, v4, "kim")
	const many = 3000
	go func() {
		for i := range many {
			kim.subscribe("private-gate")
			if i == many/2 {
				open()
			}
		}
		kim.unsubscribe("private-gate")
		kim.subscribe("$end")
	}()
	want(t, kim, `42["subscription_error","$end",403]`)
	eventually(t, "it has left", func() bool { return !kim.in("private-gate") })
	if strings.Contains(n.log.String(), "level=ERROR") {
		t.Error(n.log)
	}
}
