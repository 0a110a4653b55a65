package pairing_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"madang"
	"madang/device/pairing"
	"madang/store/memory"
)

// An issued is a code as an onlooker knows it who sees the display and has a watch of their own.
type issued struct {
	hub, who, code string
	at             time.Duration // real time
	tries          int
	over           bool // redeemed, or another one has taken its place
	restarts       int  // since
	back           bool // the clock has been set back since
	steps          bool // the clock has been set at all since
}

// A machine does random things to pairing, and knows what may come of them.
type machine struct {
	*world
	r     *rapid.T
	nodes []*pairing.Pairing
	now   map[string]*issued // by hub
	old   []*issued
}

// Whatever two people do at two hubs, on two nodes, with restarts and a clock that is set on and back: a code is redeemed
// once, by who asked for it, at its hub, before five wrong tries, within its time; and if nobody has touched the clock, what
// must succeed does.
func TestModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t, memory.NewDevices())
		w.config.Person.Burst, w.config.Hub.Burst, w.config.Alarm = 1000, 1000, 10
		m := &machine{world: w, r: r, nodes: []*pairing.Pairing{w.node(), w.node()}, now: map[string]*issued{}}
		r.Repeat(map[string]func(*rapid.T){
			"ask": m.ask, "type the code": m.right, "type another": m.wrong, "type an old one": m.replay, "type another hub's": m.crossed,
			"time passes": m.wait, "clock is set": m.stepped, "restart": m.restart, "button": m.press, "redeem twice at once": m.race,
		})
	})
}

func (m *machine) hub() string { return rapid.SampledFrom([]string{"box1", "box2"}).Draw(m.r, "hub") }
func (m *machine) who() string { return rapid.SampledFrom([]string{"kim", "lee"}).Draw(m.r, "who") }
func (m *machine) node() *pairing.Pairing {
	return m.nodes[rapid.IntRange(0, len(m.nodes)-1).Draw(m.r, "node")]
}

func (m *machine) ask(r *rapid.T) {
	hub, who := m.hub(), m.who()
	err := m.node().Ask(m.t.Context(), by(who, hub))
	var wait *pairing.WaitError
	if errors.As(err, &wait) || errors.Is(err, pairing.ErrLocked) {
		return
	}
	if err != nil {
		r.Fatal(err)
	}
	m.end(hub)
	m.now[hub] = &issued{hub: hub, who: who, code: m.code(hub), at: m.real}
}

// end is the end of a hub's code.
func (m *machine) end(hub string) {
	if c := m.now[hub]; c != nil {
		c.over = true
		m.old = append(m.old, c)
		delete(m.now, hub)
	}
}

// check types something, and judges the answer.
func (m *machine) check(r *rapid.T, who, hub, typed string) {
	err := m.node().Check(m.t.Context(), by(who, hub), typed)
	c := m.now[hub]
	if c == nil || c.who != who {
		m.refused(r, err, pairing.ErrExpired)
		return
	}
	age, life := m.real-c.at, m.config.TTL
	may := c.tries < m.config.Tries && c.code == typed
	switch {
	case err == nil && (!may || age >= life*time.Duration(1+c.restarts) || c.restarts == 0 && age >= life || !c.back && age >= life):
		r.Fatalf("%s redeemed %+v with %q after %v", who, *c, typed, age)
	case err == nil:
		m.end(hub)
	case !c.steps && c.restarts == 0 && age < life && c.tries < m.config.Tries && c.code == typed:
		r.Fatalf("%s could not redeem %+v after %v: %v", who, *c, age, err)
	case errors.Is(err, pairing.ErrWrong):
		if c.code == typed || age >= life*time.Duration(1+c.restarts) {
			r.Fatalf("%q is wrong for %+v", typed, *c)
		}
		c.tries++
	default:
		m.refused(r, err, pairing.ErrExpired)
	}
}

func (m *machine) refused(r *rapid.T, err, want error) {
	if !errors.Is(err, want) {
		r.Fatalf("the error is %v, want %v", err, want)
	}
}

func (m *machine) right(r *rapid.T) {
	hub := m.hub()
	if c := m.now[hub]; c != nil {
		m.check(r, m.who(), hub, c.code)
	}
}

func (m *machine) wrong(r *rapid.T) {
	hub := m.hub()
	if c := m.now[hub]; c != nil {
		m.check(r, c.who, hub, other(c.code))
	}
}

func (m *machine) replay(r *rapid.T) {
	if len(m.old) > 0 {
		c := rapid.SampledFrom(m.old).Draw(r, "old")
		m.check(r, c.who, c.hub, c.code)
	}
}

func (m *machine) crossed(r *rapid.T) {
	if c := m.now["box1"]; c != nil {
		m.check(r, c.who, "box2", c.code)
	}
}

func (m *machine) wait(r *rapid.T) {
	m.pass(time.Duration(rapid.IntRange(1, 120).Draw(r, "seconds")) * time.Second)
}

func (m *machine) stepped(r *rapid.T) {
	step := time.Duration(rapid.IntRange(-400, 400).Draw(r, "step")) * time.Second
	m.set(step)
	for _, c := range m.now {
		c.steps, c.back = true, c.back || step < 0
	}
}

func (m *machine) restart(*rapid.T) {
	m.nodes = []*pairing.Pairing{m.world.node(), m.world.node()}
	for _, c := range m.now {
		c.restarts++
	}
}

func (m *machine) press(r *rapid.T) {
	if err := m.node().Press(m.t.Context(), pairing.Hub{App: "home", ID: m.hub()}); err != nil {
		r.Fatal(err)
	}
}

// race types the right code on both nodes at once.
func (m *machine) race(r *rapid.T) {
	hub := m.hub()
	c := m.now[hub]
	if c == nil {
		return
	}
	answers := make(chan error)
	for _, n := range m.nodes {
		go func() { answers <- n.Check(m.t.Context(), by(c.who, hub), c.code) }()
	}
	redeemed := 0
	for range m.nodes {
		if err := <-answers; err == nil {
			redeemed++
		} else if !errors.Is(err, pairing.ErrExpired) {
			r.Fatal(err)
		}
	}
	if redeemed > 1 || redeemed == 1 && c.tries >= m.config.Tries {
		r.Fatalf("%d have redeemed %+v", redeemed, *c)
	}
	if redeemed == 1 {
		m.end(hub)
	}
}

// A clock that is set back a year makes nobody wait for a year, and one that is set on a year opens nothing.
func TestClockSetFar(t *testing.T) {
	w := newWorld(t, memory.NewDevices())
	p := w.node()
	expect(t, p.Ask(t.Context(), by("kim", "box1")), nil)
	code := w.code("box1")
	w.set(-365 * 24 * time.Hour)
	expect(t, p.Check(t.Context(), by("kim", "box1"), code), pairing.ErrExpired)
	w.pass(10 * time.Second)
	err := p.Ask(t.Context(), by("kim", "box1"))
	if errors.Is(err, madang.ErrTooMany) {
		w.pass(10 * time.Second)
		err = p.Ask(t.Context(), by("kim", "box1"))
	}
	expect(t, err, nil)
	code = w.code("box1")
	w.set(365 * 24 * time.Hour)
	expect(t, p.Check(t.Context(), by("kim", "box1"), code), pairing.ErrExpired)
}

// A clock that is set back a little while a code is shown prolongs nothing, on any node that has seen the code; one that has
// not sees it live no longer than a code does.
func TestClockSetBack(t *testing.T) {
	w := newWorld(t, memory.NewDevices())
	p := w.node()
	expect(t, p.Ask(t.Context(), by("kim", "box1")), nil)
	code := w.code("box1")
	w.pass(100 * time.Second)
	w.set(-100 * time.Second)
	w.pass(79 * time.Second)
	expect(t, p.Check(t.Context(), by("kim", "box1"), other(code)), pairing.ErrWrong)
	w.pass(time.Second)
	expect(t, p.Check(t.Context(), by("kim", "box1"), code), pairing.ErrExpired)

	expect(t, p.Ask(t.Context(), by("kim", "box1")), nil)
	code = w.code("box1")
	w.set(-4 * time.Second)
	p = w.node() // by whose clock there are 184 s left
	expect(t, p.Check(t.Context(), by("kim", "box1"), other(code)), pairing.ErrWrong)
	w.pass(180 * time.Second)
	expect(t, p.Check(t.Context(), by("kim", "box1"), code), pairing.ErrExpired)
}
