package device_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"madang/device"
)

// A machine does random things with a hub and its devices, and looks at what holds after each.
type machine struct {
	*world
	r       *rapid.T
	kim     device.Actor
	place   string
	link    int // number of the hub's newest connection; 0: it is away
	links   int
	version int64
	got     map[string]device.Command // what the hub has been given since it came, by id
	all     []string                  // ids of commands
	ends    map[string]device.CommandState
}

// Whatever comes and goes, in whatever order: a command ends once and stays as it ended; none is delivered after its end, or
// when it is too late for what it is about; what is wished of a device is what its open commands wish for.
func TestCommandsModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t, memoryStore())
		w.box("box1")
		m := &machine{world: w, r: r, got: map[string]device.Command{}, ends: map[string]device.CommandState{}, version: 10}
		m.kim = w.pair(someone("kim"), "box1")
		m.place = w.placeOf(someone("kim")).ID
		w.ok(w.Depart(t.Context(), app, "box1", "link of box1"))
		w.onDeliver = m.delivered
		r.Repeat(map[string]func(*rapid.T){
			"": m.holds, "command": m.order, "command again": m.again, "answer": m.answer, "hub comes": m.come, "hub goes": m.leave,
			"an old connection ends": m.oldEnds, "time passes": m.wait, "expire": m.expire, "report": m.report,
			"delivery fails": func(r *rapid.T) { w.mu.Lock(); w.away = !w.away; w.mu.Unlock() },
		})
	})
}

// delivered looks at a command that the hub is given.
func (m *machine) delivered(c device.Command) {
	age := m.now().Sub(c.CreatedAt)
	_, ended := m.ends[c.ID]
	patience := map[string]time.Duration{"lamp": 10 * time.Minute, "heat": time.Hour}[c.Device]
	if ended || age > patience || c.State != device.Sent || c.ExpiresAt.Sub(m.now()) != device.Defaults().AckTimeout {
		m.r.Fatalf("delivered after %v (ended: %v): %+v", age, ended, c)
	}
	m.got[c.ID] = c
}

func (m *machine) order(r *rapid.T) {
	o := rapid.SampledFrom([]device.Order{sets("lamp", "on", true), sets("lamp", "level", 3.0), sets("heat", "target", 20.0), sets("door", "locked", false)}).Draw(r, "order")
	o.Key = fmt.Sprint("k", len(m.all))
	c, err := m.Command(m.t.Context(), m.kim, o)
	switch {
	case o.Device == "door" && m.link == 0:
		m.fails(err, device.ErrAway)
		return
	case err != nil:
		open, openErr := m.store.OpenCommands(m.t.Context(), app, "box1")
		m.ok(openErr)
		if len(open) < device.MaxOpen {
			r.Fatal(err)
		}
		return
	}
	m.all = append(m.all, c.ID)
}

func (m *machine) again(r *rapid.T) {
	if len(m.all) == 0 {
		return
	}
	id := rapid.SampledFrom(m.all).Draw(r, "command")
	c, err := m.store.Command(m.t.Context(), app, id)
	m.ok(err)
	same, err := m.Command(m.t.Context(), m.kim, device.Order{Hub: c.Hub, Device: c.Device, Set: c.Set, Key: c.Key})
	m.ok(err)
	if same.ID != id {
		r.Fatalf("%+v is given again as %+v", c, same)
	}
}

func (m *machine) answer(r *rapid.T) {
	if len(m.all) == 0 {
		return
	}
	id, done := rapid.SampledFrom(m.all).Draw(r, "command"), rapid.Bool().Draw(r, "done")
	before, err := m.store.Command(m.t.Context(), app, id)
	m.ok(err)
	after, err := m.Answer(m.t.Context(), app, "box1", id, done, "")
	may := before.State == device.Sent && before.ExpiresAt.After(m.now())
	if (err == nil) != may || err == nil && (after.State == device.Done) != done {
		r.Fatalf("the answer to %+v: %+v, %v", before, after, err)
	}
}

func (m *machine) name(link int) string { return fmt.Sprint("link ", link) }

func (m *machine) come(*rapid.T) {
	m.links++
	m.link, m.got = m.links, map[string]device.Command{}
	_, err := m.Arrive(m.t.Context(), app, "box1", m.name(m.link))
	m.ok(err)
}

func (m *machine) leave(*rapid.T) {
	if m.link != 0 {
		m.ok(m.Depart(m.t.Context(), app, "box1", m.name(m.link)))
		m.link = 0
	}
}

func (m *machine) oldEnds(r *rapid.T) {
	if m.links > 1 {
		m.ok(m.Depart(m.t.Context(), app, "box1", m.name(rapid.IntRange(1, m.links-1).Draw(r, "link"))))
	}
}

func (m *machine) wait(r *rapid.T) {
	m.pass(time.Duration(rapid.SampledFrom([]int{1, 5, 11, 300, 2000}).Draw(r, "seconds")) * time.Second)
}

func (m *machine) expire(r *rapid.T) {
	_, err := m.Expire(m.t.Context())
	m.ok(err)
	due, err := m.store.DueCommands(m.t.Context(), m.now(), 10)
	m.ok(err)
	if len(due) > 0 {
		r.Fatalf("still due: %+v", due)
	}
	m.holds(r)
	ended := 0
	for _, act := range m.acts(someone("kim"), m.place) {
		if act == device.ActCommandDone {
			ended++
		}
	}
	if ended != len(m.ends) && ended < device.MaxAudit/4 {
		r.Fatalf("%d commands have ended, the audit log has %d ends: %v", len(m.ends), ended, slices.Sorted(slices.Values(m.all)))
	}
}

func (m *machine) report(r *rapid.T) {
	version := m.version + int64(rapid.IntRange(-2, 2).Draw(r, "version"))
	d, err := m.Report(m.t.Context(), app, "box1", "lamp", device.Values{"level": float64(version)}, version)
	m.ok(err)
	m.version = max(m.version, d.Version)
	if d.Version < version || d.Version > 10 && d.Reported["level"] != float64(d.Version) {
		r.Fatalf("%+v after a report of %d", d, version)
	}
}

func (m *machine) holds(r *rapid.T) {
	h, err := m.store.Hub(m.t.Context(), app, "box1")
	m.ok(err)
	if h.Online() != (m.link != 0) {
		r.Fatalf("online: %v, its connection is %d", h.Online(), m.link)
	}
	open := map[string]device.Command{}
	for _, id := range m.all {
		c, err := m.store.Command(m.t.Context(), app, id)
		m.ok(err)
		if end, ended := m.ends[id]; ended && c.State != end {
			r.Fatalf("%+v had ended as %s", c, end)
		}
		if c.State.Ended() {
			m.ends[id] = c.State
		} else {
			open[id] = c
		}
		if c.State == device.Sent && m.link == 0 {
			r.Fatalf("on its way to nobody: %+v", c)
		}
	}
	for _, id := range []string{"lamp", "heat", "door"} {
		for name, wish := range m.desired(id) {
			c, is := open[wish.Command]
			if !is || c.Device != id || c.Set[name] != wish.Value {
				r.Fatalf("%s: %s is wished to be %v by %+v", id, name, wish.Value, c)
			}
		}
	}
}
