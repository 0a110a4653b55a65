package pairing_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madang"
	"madang/device/pairing"
	"madang/store/memory"
)

func TestPairOnce(t *testing.T) {
	w := newWorld(t, memory.NewDevices())
	p := w.node()
	expect(t, p.Check(t.Context(), by("kim", "box1"), "000000"), pairing.ErrExpired)
	expect(t, p.Ask(t.Context(), from(by("kim", "box1"), "192.0.2.7")), nil)
	code := w.code("box1")
	if b := w.board("box1"); b.prompt.Who != "kim" || b.prompt.From != "192.0.2.7" || len(code) != 6 {
		t.Errorf("the display shows %+v", b.prompt)
	}
	if w.board("box2").prompt != nil {
		t.Error("another display shows something")
	}
	h, err := p.LastAsked(t.Context(), "home", by("kim", ""))
	expect(t, err, nil)
	if h.ID != "box1" {
		t.Errorf("last asked of %q", h.ID)
	}
	w.pass(179 * time.Second)
	expect(t, p.Check(t.Context(), by("kim", "box1"), other(code)), pairing.ErrWrong)
	expect(t, p.Check(t.Context(), by("kim", "box1"), " "+code[:3]+"-"+code[3:]), nil)
	expect(t, p.Check(t.Context(), by("kim", "box1"), code), pairing.ErrExpired)
	if b := w.board("box1"); b.prompt != nil || len(b.ends) != 1 || b.ends[0] != pairing.EndRedeemed {
		t.Errorf("the display shows %+v after %v", b.prompt, b.ends)
	}
	_, err = p.LastAsked(t.Context(), "home", by("kim", ""))
	expect(t, err, pairing.ErrNotFound)
}

func TestCodesExpire(t *testing.T) {
	w := newWorld(t, memory.NewDevices())
	p := w.node()
	expect(t, p.Ask(t.Context(), by("kim", "box1")), nil)
	code := w.code("box1")
	w.pass(180 * time.Second)
	expect(t, p.Check(t.Context(), by("kim", "box1"), code), pairing.ErrExpired)
	if b := w.board("box1"); b.prompt != nil {
		t.Error("the code is still shown")
	}
	w.set(-100 * time.Second) // it does not come back
	expect(t, p.Check(t.Context(), by("kim", "box1"), code), pairing.ErrExpired)
}

func TestFiveWrongTries(t *testing.T) {
	w := newWorld(t, memory.NewDevices())
	p := w.node()
	expect(t, p.Ask(t.Context(), by("kim", "box1")), nil)
	code := w.code("box1")
	for range 5 {
		expect(t, p.Check(t.Context(), by("kim", "box1"), other(code)), pairing.ErrWrong)
	}
	expect(t, p.Check(t.Context(), by("kim", "box1"), code), pairing.ErrExpired)
}

// Whoever did not ask for the code, or asked for one of another hub, is answered as if there were none, and costs it nothing.
func TestBoundToHubAndPerson(t *testing.T) {
	w := newWorld(t, memory.NewDevices())
	p := w.node()
	expect(t, p.Ask(t.Context(), by("kim", "box1")), nil)
	expect(t, p.Ask(t.Context(), by("lee", "box2")), nil)
	one, two := w.code("box1"), w.code("box2")
	for range 5 {
		expect(t, p.Check(t.Context(), by("lee", "box1"), one), pairing.ErrExpired)
		expect(t, p.Check(t.Context(), by("lee", "box1"), two), pairing.ErrExpired)
	}
	if one != two {
		expect(t, p.Check(t.Context(), by("kim", "box1"), two), pairing.ErrWrong)
	}
	expect(t, p.Check(t.Context(), by("kim", "box1"), one), nil)
	// In a house where nobody signs in the address stands for the person.
	ask := pairing.Request{Hub: pairing.Hub{App: "home", ID: "box1"}}
	expect(t, p.Ask(t.Context(), from(ask, "192.0.2.1")), nil)
	expect(t, p.Check(t.Context(), from(ask, "192.0.2.2"), w.code("box1")), pairing.ErrExpired)
	expect(t, p.Check(t.Context(), from(ask, "::ffff:192.0.2.1"), w.code("box1")), nil)
	expect(t, p.Ask(t.Context(), ask), pairing.ErrInvalid)
}

func TestANewCodeReplacesTheOld(t *testing.T) {
	w := newWorld(t, memory.NewDevices())
	p := w.node()
	expect(t, p.Ask(t.Context(), by("kim", "box1")), nil)
	old := w.code("box1")
	var wait *pairing.WaitError
	if err := p.Ask(t.Context(), by("lee", "box1")); !errors.As(err, &wait) || wait.Of != "hub" || !errors.Is(err, madang.ErrTooMany) {
		t.Fatalf("a second code at once: %v", err)
	}
	if w.code("box1") != old {
		t.Error("who was refused has changed the display")
	}
	w.pass(wait.Retry)
	expect(t, p.Ask(t.Context(), by("lee", "box1")), nil)
	expect(t, p.Check(t.Context(), by("kim", "box1"), old), pairing.ErrExpired)
	expect(t, p.Check(t.Context(), by("lee", "box1"), w.code("box1")), nil)
}

func TestNoDisplay(t *testing.T) {
	w := newWorld(t, memory.NewDevices())
	p := w.node()
	w.boards["box1"].away = true
	expect(t, p.Ask(t.Context(), by("kim", "box1")), pairing.ErrNoDisplay)
	_, err := p.LastAsked(t.Context(), "home", by("kim", ""))
	expect(t, err, pairing.ErrNotFound)
}

func TestLockAndButton(t *testing.T) {
	w := newWorld(t, memory.NewDevices())
	p := w.node()
	box := pairing.Hub{App: "home", ID: "box1"}
	for i := range 3 {
		if i > 0 {
			w.pass(10 * time.Second)
		}
		expect(t, p.Ask(t.Context(), by("kim", "box1")), nil)
		expect(t, p.Check(t.Context(), by("kim", "box1"), other(w.code("box1"))), pairing.ErrWrong)
	}
	w.pass(10 * time.Second)
	expect(t, p.Ask(t.Context(), by("lee", "box1")), pairing.ErrLocked) // the third has failed with that
	if b := w.board("box1"); b.alarms != 1 {
		t.Errorf("%d alarms", b.alarms)
	}
	w.pass(48 * time.Hour)
	expect(t, p.Ask(t.Context(), by("lee", "box1")), pairing.ErrLocked)
	locked, err := w.node().Locked(t.Context(), box) // it outlives a restart
	expect(t, err, nil)
	if !locked {
		t.Error("a restart has unlocked the hub")
	}
	expect(t, p.Press(t.Context(), box), nil)
	expect(t, p.Ask(t.Context(), by("lee", "box1")), nil)
	expect(t, p.Check(t.Context(), by("lee", "box1"), w.code("box1")), nil)
	if w.board("box1").alarms != 1 {
		t.Error("another alarm")
	}
}

// The button gets who is in the house past the waits that an attacker has caused.
func TestButtonNeedsNoWait(t *testing.T) {
	w := newWorld(t, memory.NewDevices())
	w.config.Person.Burst = 100
	p := w.node()
	for range 10 {
		expect(t, p.Ask(t.Context(), by("mallory", "box1")), nil)
		w.pass(10 * time.Second)
	}
	expect(t, p.Ask(t.Context(), by("kim", "box1")), madang.ErrTooMany)
	box := pairing.Hub{App: "home", ID: "box1"}
	expect(t, p.Press(t.Context(), box), nil)
	expect(t, p.Ask(t.Context(), by("kim", "box1")), nil)
	expect(t, p.Ask(t.Context(), by("mallory", "box1")), madang.ErrTooMany) // one
	expect(t, p.Press(t.Context(), box), nil)
	w.pass(180 * time.Second)
	expect(t, p.Ask(t.Context(), by("kim", "box1")), madang.ErrTooMany) // soon
}

func TestWithdraw(t *testing.T) {
	w := newWorld(t, memory.NewDevices())
	p := w.node()
	box := pairing.Hub{App: "home", ID: "box1"}
	expect(t, p.Withdraw(t.Context(), box), nil)
	expect(t, p.Ask(t.Context(), by("kim", "box1")), nil)
	code := w.code("box1")
	expect(t, p.Withdraw(t.Context(), box), nil)
	expect(t, p.Check(t.Context(), by("kim", "box1"), code), pairing.ErrExpired)
	if b := w.board("box1"); b.prompt != nil || b.ends[0] != pairing.EndWithdrawn {
		t.Errorf("%+v", b)
	}
}

// Many tries at once, on two nodes, are counted: of the right code one succeeds, of wrong ones five are judged.
func TestAtOnce(t *testing.T) {
	stores(t, func(t *testing.T, s pairing.Store) {
		w := newWorld(t, s)
		w.config.Person.Burst = 1000
		nodes := []*pairing.Pairing{w.node(), w.node()}
		expect(t, nodes[0].Ask(t.Context(), by("kim", "box1")), nil)
		expect(t, nodes[1].Ask(t.Context(), by("lee", "box2")), nil)
		right, wrong := w.code("box1"), other(w.code("box2"))
		var redeemed, judged atomic.Int64
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() {
				switch err := nodes[i%2].Check(t.Context(), by("kim", "box1"), right); {
				case err == nil:
					redeemed.Add(1)
				case !errors.Is(err, pairing.ErrExpired):
					t.Error(err)
				}
				switch err := nodes[i%2].Check(t.Context(), by("lee", "box2"), wrong); {
				case errors.Is(err, pairing.ErrWrong):
					judged.Add(1)
				case !errors.Is(err, pairing.ErrExpired):
					t.Error(err)
				}
			})
		}
		all.Wait()
		if redeemed.Load() != 1 || judged.Load() != 5 {
			t.Errorf("%d have redeemed the code, %d wrong tries were judged", redeemed.Load(), judged.Load())
		}
	})
}

// Who is over a limit learns nothing, not even by the right code; and the limits outlive a restart.
func TestLimits(t *testing.T) {
	w := newWorld(t, memory.NewDevices())
	p := w.node()
	expect(t, p.Ask(t.Context(), by("kim", "box1")), nil)
	for range 10 {
		expect(t, p.Check(t.Context(), by("kim", "box2"), "000000"), pairing.ErrExpired)
	}
	p = w.node()
	var wait *pairing.WaitError
	if err := p.Check(t.Context(), by("kim", "box1"), w.code("box1")); !errors.As(err, &wait) || wait.Of != "person" || wait.Retry != time.Hour {
		t.Fatalf("an eleventh try: %v", err)
	}
	w.pass(time.Hour)
	expect(t, p.Check(t.Context(), by("kim", "box1"), "000000"), pairing.ErrExpired)
	if err := p.Check(t.Context(), by("kim", "box1"), "000000"); !errors.As(err, &wait) || wait.Retry != 2*time.Hour {
		t.Fatalf("the second wait: %v", err)
	}
	w.pass(3 * time.Hour) // the wait, and an hour's rest
	for range 10 {
		expect(t, p.Check(t.Context(), by("kim", "box1"), "000000"), pairing.ErrExpired)
	}
	for i := range 20 {
		person := string(rune('a' + i))
		expect(t, p.Check(t.Context(), from(by(person, "box1"), "2001:db8:1:1::"+person[:0]+"7"), "000000"), pairing.ErrExpired)
	}
	err := p.Check(t.Context(), from(by("z", "box1"), "2001:db8:1:1:ffff::1"), "000000")
	if !errors.As(err, &wait) || wait.Of != "address" {
		t.Fatalf("another address of the same subscriber: %v", err)
	}
	expect(t, p.Check(t.Context(), from(by("z", "box1"), "2001:db8:1:2::1"), "000000"), pairing.ErrExpired)
	n, err := p.Sweep(t.Context())
	expect(t, err, nil)
	w.pass(48 * time.Hour)
	m, err := p.Sweep(t.Context())
	expect(t, err, nil)
	if n != 0 || m < 20 {
		t.Errorf("%d and %d tallies were swept", n, m)
	}
}

func TestStoresThatFail(t *testing.T) {
	broken := errors.New("the disk is full")
	w := newWorld(t, failing{memory.NewDevices(), broken})
	p := w.node()
	expect(t, p.Ask(t.Context(), by("kim", "box1")), broken)
	expect(t, p.Check(t.Context(), by("kim", "box1"), "000000"), broken)
	expect(t, p.Press(t.Context(), pairing.Hub{App: "home", ID: "box1"}), broken)
	if w.board("box1").prompt != nil {
		t.Error("a code is shown that is not kept")
	}
}

// failing is a store that saves nothing.
type failing struct {
	pairing.Store
	err error
}

func (f failing) SavePairing(context.Context, pairing.State) error { return f.err }
func (f failing) SaveTally(context.Context, pairing.Tally) error   { return f.err }

func TestConfig(t *testing.T) {
	for name, change := range map[string]func(*pairing.Config){
		"format": func(c *pairing.Config) { c.Format = "words" }, "ttl": func(c *pairing.Config) { c.TTL = time.Hour },
		"tries": func(c *pairing.Config) { c.Tries = 11 }, "alarm": func(c *pairing.Config) { c.Alarm = 0 },
		"hub": func(c *pairing.Config) { c.Hub.Burst = 0 }, "person": func(c *pairing.Config) { c.Person.Most = time.Second },
	} {
		c := pairing.Defaults()
		change(&c)
		if c.Validate() == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if _, err := pairing.New(pairing.Defaults(), make([]byte, 31), memory.NewDevices(), &world{}); err == nil {
		t.Error("a short key was accepted")
	}
}
