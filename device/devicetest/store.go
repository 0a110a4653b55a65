package devicetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madang/device"
)

// Run runs the suite of a device.Store. open returns an empty one; it is called for each test, and sees to it that the store
// is closed.
func Run(t *testing.T, open func(*testing.T) device.Store) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, device.Store){
		"places": places, "hubs": hubs, "online hubs": onlineHubs, "devices": devices, "commands": commands, "due commands": dueCommands, "tokens": tokens,
		"audit": audit, "sweep": sweep, "removal": removal, "all or nothing": allOrNothing, "many at once": manyAtOnce,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

const app = "shop"

func after(d time.Duration) time.Time { return begin().Add(d) }

// save keeps one thing that is new.
func save(t *testing.T, s device.Store, c device.Change) {
	t.Helper()
	must(t, s.Save(t.Context(), c))
}

// one returns what a store gives, which must be no error.
func one[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		must(t, err)
		return v
	}
}

func home(id string, people ...string) device.Place {
	p := device.Place{App: app, ID: id, Name: "우리 집", CreatedAt: begin()}
	for i, person := range people {
		p.Members = append(p.Members, device.Member{Person: person, Name: "Name of " + person, Role: device.HouseMember, Since: after(time.Duration(i) * time.Second)})
	}
	if len(p.Members) > 0 {
		p.Members[0].Role = device.Owner
	}
	return p
}

func places(t *testing.T, s device.Store) {
	p := home("p1", "kim", "lee")
	p.Invitations = []device.Invitation{{Code: device.HashOf("welcome"), Role: device.Owner, By: "kim", ExpiresAt: after(time.Hour)}}
	save(t, s, device.Change{Places: []device.Place{p, home("p0", "lee"), {App: "other", ID: "p1", Members: home("", "kim").Members}}})
	fails(t, s.Save(t.Context(), device.Change{Places: []device.Place{p}}), device.ErrConflict)
	p.Rev = 1
	got := one[device.Place](t)(s.Place(t.Context(), app, "p1"))
	same(t, got, p)
	got.Members[0].Name = "which is the caller's own"
	same(t, one[device.Place](t)(s.PlaceInvited(t.Context(), app, device.HashOf("welcome"))), p)
	_, err := s.PlaceInvited(t.Context(), "other", device.HashOf("welcome"))
	fails(t, err, device.ErrNotFound)
	list := one[[]device.Place](t)(s.PlacesOf(t.Context(), app, "lee"))
	if len(list) != 2 || list[0].ID != "p0" || list[1].ID != "p1" {
		t.Fatalf("the places of lee are %+v", list)
	}

	p.Members, p.Invitations, p.Name = p.Members[:1], nil, "Home"
	save(t, s, device.Change{Places: []device.Place{p}})
	p.Rev = 2
	same(t, one[device.Place](t)(s.Place(t.Context(), app, "p1")), p)
	same(t, len(one[[]device.Place](t)(s.PlacesOf(t.Context(), app, "lee"))), 1)
	_, err = s.PlaceInvited(t.Context(), app, device.HashOf("welcome"))
	fails(t, err, device.ErrNotFound)
	_, err = s.Place(t.Context(), app, "p9")
	fails(t, err, device.ErrNotFound)
}

func hubs(t *testing.T, s device.Store) {
	h := device.Hub{App: app, Serial: "SN-2", Name: "현관", Secret: device.HashOf("s"), Link: "1.2", SeenAt: after(time.Second), RegisteredAt: begin()}
	save(t, s, device.Change{Hubs: []device.Hub{h, {App: app, Serial: "SN-1", Place: "p1"}, {App: "other", Serial: "SN-2", Place: "p1"}}})
	h.Rev = 1
	same(t, one[device.Hub](t)(s.Hub(t.Context(), app, "SN-2")), h)
	same(t, len(one[[]device.Hub](t)(s.HubsOf(t.Context(), app, "p1"))), 1)
	h.Place, h.Link = "p1", ""
	save(t, s, device.Change{Hubs: []device.Hub{h}})
	fails(t, s.Save(t.Context(), device.Change{Hubs: []device.Hub{h}}), device.ErrConflict)
	h.Rev = 2
	list := one[[]device.Hub](t)(s.HubsOf(t.Context(), app, "p1"))
	if len(list) != 2 || list[0].Serial != "SN-1" {
		t.Fatalf("the hubs are %+v", list)
	}
	same(t, list[1], h)
	_, err := s.Hub(t.Context(), app, "SN-9")
	fails(t, err, device.ErrNotFound)
}

func onlineHubs(t *testing.T, s device.Store) {
	save(t, s, device.Change{Hubs: []device.Hub{
		{App: "b", Serial: "1", Link: "x"}, {App: "a", Serial: "2", Link: "x"}, {App: "a", Serial: "1"}, {App: "a", Serial: "3", Link: "y"},
	}})
	names := func(app, serial string, limit int) (all []string) {
		for _, h := range one[[]device.Hub](t)(s.OnlineHubs(t.Context(), app, serial, limit)) {
			all = append(all, h.App+h.Serial)
		}
		return all
	}
	same(t, names("", "", 9), []string{"a2", "a3", "b1"})
	same(t, names("a", "2", 9), []string{"a3", "b1"})
	same(t, names("a", "2", 1), []string{"a3"})
	all := func(app, after string, limit int) (serials []string) {
		for _, h := range one[[]device.Hub](t)(s.Hubs(t.Context(), app, after, limit)) {
			serials = append(serials, h.Serial)
		}
		return serials
	}
	same(t, all("a", "", 9), []string{"1", "2", "3"})
	same(t, all("a", "1", 1), []string{"2"})
	same(t, len(all("c", "", 9)), 0)
	h := one[device.Hub](t)(s.Hub(t.Context(), "a", "3"))
	h.Link = ""
	save(t, s, device.Change{Hubs: []device.Hub{h}})
	same(t, names("", "", 9), []string{"a2", "b1"})
}

func lamp(id string) device.Device {
	return device.Device{
		App: app, Hub: "SN-1", ID: id, Name: "거실 등", Capabilities: []device.Capability{device.Switch, device.Dimmer},
		Reported: device.Values{"on": true, "level": 40.5, "color": "노랑"}, Version: 3, ReportedAt: begin(),
		Desired: map[string]device.Wish{"on": {Value: false, Command: "c1"}},
	}
}

func devices(t *testing.T, s device.Store) {
	d := lamp("lamp-2")
	elsewhere := lamp("lamp-2")
	elsewhere.Hub = "SN-2"
	save(t, s, device.Change{Devices: []device.Device{d, lamp("lamp-1"), elsewhere}})
	d.Rev = 1
	same(t, one[device.Device](t)(s.Device(t.Context(), app, "SN-1", "lamp-2")), d)
	list := one[[]device.Device](t)(s.Devices(t.Context(), app, "SN-1"))
	if len(list) != 2 || list[0].ID != "lamp-1" {
		t.Fatalf("the devices are %+v", list)
	}
	same(t, list[1], d)
	d.Reported = device.Values{"on": false}
	save(t, s, device.Change{Devices: []device.Device{d}})
	fails(t, s.Save(t.Context(), device.Change{Devices: []device.Device{d}}), device.ErrConflict)
	save(t, s, device.Change{NoDevices: []device.Device{d, lamp("lamp-9")}})
	_, err := s.Device(t.Context(), app, "SN-1", "lamp-2")
	fails(t, err, device.ErrNotFound)
	same(t, len(one[[]device.Device](t)(s.Devices(t.Context(), app, "SN-2"))), 1)
}

func order(id, key string, state device.CommandState, expires time.Duration) device.Command {
	return device.Command{
		App: app, ID: id, Hub: "SN-1", Device: "lamp-1", Person: "kim", Key: key, Set: device.Values{"on": true}, State: state,
		CreatedAt: begin(), ExpiresAt: after(expires), GivenUpAt: after(time.Hour),
	}
}

func commands(t *testing.T, s device.Store) {
	c := order("c1", "k1", device.Queued, time.Minute)
	c.Note = "기다림"
	save(t, s, device.Change{Commands: []device.Command{order("c3", "", device.Sent, 0), c, order("c2", "", device.Done, 0)}})
	fails(t, s.Save(t.Context(), device.Change{Commands: []device.Command{order("c9", "k1", device.Sent, 0)}}), device.ErrConflict)
	others := order("c9", "k1", device.Sent, 0)
	others.Person = "lee"
	save(t, s, device.Change{Commands: []device.Command{others}})
	c.Rev = 1
	same(t, one[device.Command](t)(s.Command(t.Context(), app, "c1")), c)
	same(t, one[device.Command](t)(s.CommandByKey(t.Context(), app, "kim", "k1")), c)
	_, err := s.CommandByKey(t.Context(), app, "park", "k1")
	fails(t, err, device.ErrNotFound)
	open := one[[]device.Command](t)(s.OpenCommands(t.Context(), app, "SN-1"))
	if len(open) != 3 || open[0].ID != "c1" || open[1].ID != "c3" || open[2].ID != "c9" {
		t.Fatalf("open are %+v", open)
	}
	c.State, c.EndedAt = device.Done, after(time.Second)
	save(t, s, device.Change{Commands: []device.Command{c}})
	fails(t, s.Save(t.Context(), device.Change{Commands: []device.Command{c}}), device.ErrConflict)
	c.Rev = 2
	same(t, one[device.Command](t)(s.Command(t.Context(), app, "c1")), c)
	same(t, len(one[[]device.Command](t)(s.OpenCommands(t.Context(), app, "SN-1"))), 2)
	_, err = s.Command(t.Context(), "other", "c1")
	fails(t, err, device.ErrNotFound)
	ids := func(before string, limit int) (all []string) {
		for _, c := range one[[]device.Command](t)(s.CommandsOf(t.Context(), app, "SN-1", before, limit)) {
			all = append(all, c.ID)
		}
		return all
	}
	same(t, ids("", 9), []string{"c9", "c3", "c2", "c1"})
	same(t, ids("", 2), []string{"c9", "c3"})
	same(t, ids("c3", 9), []string{"c2", "c1"})
	same(t, len(one[[]device.Command](t)(s.CommandsOf(t.Context(), "other", "SN-1", "", 9))), 0)
}

func dueCommands(t *testing.T, s device.Store) {
	save(t, s, device.Change{Commands: []device.Command{
		order("c1", "", device.Sent, 3*time.Second), order("c2", "", device.Queued, time.Second), order("c3", "", device.Expired, 0),
		order("c4", "", device.Sent, 2*time.Second),
	}})
	ids := func(at time.Duration, limit int) (all []string) {
		for _, c := range one[[]device.Command](t)(s.DueCommands(t.Context(), after(at), limit)) {
			all = append(all, c.ID)
		}
		return all
	}
	same(t, ids(time.Second-1, 9), []string(nil))
	same(t, ids(2*time.Second, 9), []string{"c2", "c4"})
	same(t, ids(time.Minute, 2), []string{"c2", "c4"})
	same(t, ids(time.Minute, 9), []string{"c2", "c4", "c1"})
}

func tokens(t *testing.T, s device.Store) {
	k := device.Token{App: app, ID: "j2", Person: "kim", Hub: "SN-1", IssuedAt: begin(), ExpiresAt: after(time.Hour)}
	first := k
	first.ID = "j1"
	save(t, s, device.Change{Tokens: []device.Token{k, first}})
	fails(t, s.Save(t.Context(), device.Change{Tokens: []device.Token{k}}), device.ErrConflict)
	same(t, one[device.Token](t)(s.Token(t.Context(), app, "j2", begin())), k)
	same(t, one[[]device.Token](t)(s.TokensOf(t.Context(), app, "SN-1", begin())), []device.Token{first, k})
	_, err := s.Token(t.Context(), app, "j2", after(time.Hour))
	fails(t, err, device.ErrNotFound)
	same(t, len(one[[]device.Token](t)(s.TokensOf(t.Context(), app, "SN-1", after(time.Hour)))), 0)
	save(t, s, device.Change{NoTokens: []device.Token{k, {App: app, ID: "j9"}}})
	_, err = s.Token(t.Context(), app, "j2", begin())
	fails(t, err, device.ErrNotFound)
	_, err = s.Token(t.Context(), "other", "j1", begin())
	fails(t, err, device.ErrNotFound)
}

func audit(t *testing.T, s device.Store) {
	e := device.AuditEntry{
		At: begin(), App: app, Place: "p1", Hub: "SN-1", Device: "lamp", Command: "c1", Person: "김", Act: device.ActCommand, Detail: "on=true",
	}
	elsewhere, abroad := e, e
	elsewhere.Place, abroad.App = "p2", "other"
	for range 3 {
		save(t, s, device.Change{Audit: []device.AuditEntry{e, elsewhere, abroad}})
	}
	q := device.AuditQuery{App: app, Place: "p1", Limit: 2}
	list := one[[]device.AuditEntry](t)(s.Audit(t.Context(), q))
	if len(list) != 2 || list[0].ID <= list[1].ID {
		t.Fatalf("%+v", list)
	}
	e.ID = list[0].ID
	same(t, list[0], e)
	q.Before = list[1].ID
	list = one[[]device.AuditEntry](t)(s.Audit(t.Context(), q))
	same(t, len(list), 1)
}

func sweep(t *testing.T, s device.Store) {
	done, gone := order("c1", "k", device.Done, 0), order("c2", "", device.Sent, 0)
	done.EndedAt = begin()
	save(t, s, device.Change{
		Commands: []device.Command{done, gone}, Audit: []device.AuditEntry{{At: begin(), App: app, Place: "p"}, {At: after(time.Hour), App: app, Place: "p"}},
		Tokens: []device.Token{{App: app, ID: "j1", ExpiresAt: begin()}, {App: app, ID: "j2", ExpiresAt: after(time.Hour)}},
	})
	same(t, one[int](t)(s.Sweep(t.Context(), begin(), begin().Add(-time.Millisecond))), 0)
	same(t, one[int](t)(s.Sweep(t.Context(), after(time.Second), begin())), 3)
	_, err := s.Command(t.Context(), app, "c1")
	fails(t, err, device.ErrNotFound)
	same(t, one[device.Command](t)(s.Command(t.Context(), app, "c2")).ID, "c2")
	same(t, len(one[[]device.AuditEntry](t)(s.Audit(t.Context(), device.AuditQuery{App: app, Place: "p", Limit: 9}))), 1)
	save(t, s, device.Change{Commands: []device.Command{order("c3", "k", device.Sent, 0)}}) // the key is free again
}

// One thing that has changed keeps everything from being kept.
func allOrNothing(t *testing.T, s device.Store) {
	p := home("p1", "kim")
	save(t, s, device.Change{Places: []device.Place{p}, Devices: []device.Device{lamp("old")}})
	stale := lamp("old")
	err := s.Save(t.Context(), device.Change{
		Places: []device.Place{home("p2", "kim")}, Hubs: []device.Hub{{App: app, Serial: "SN-1"}}, Commands: []device.Command{order("c1", "", device.Sent, 0)},
		Tokens: []device.Token{{App: app, ID: "j1", ExpiresAt: after(time.Hour)}}, Audit: []device.AuditEntry{{At: begin(), App: app, Place: "p2"}},
		NoDevices: []device.Device{lamp("old")}, Devices: []device.Device{lamp("new"), stale},
	})
	fails(t, err, device.ErrConflict)
	same(t, len(one[[]device.Place](t)(s.PlacesOf(t.Context(), app, "kim"))), 1)
	same(t, len(one[[]device.Device](t)(s.Devices(t.Context(), app, "SN-1"))), 1)
	same(t, len(one[[]device.AuditEntry](t)(s.Audit(t.Context(), device.AuditQuery{App: app, Place: "p2", Limit: 9}))), 0)
	for _, err := range []error{
		second(s.Hub(t.Context(), app, "SN-1")), second(s.Command(t.Context(), app, "c1")), second(s.Token(t.Context(), app, "j1", begin())),
	} {
		fails(t, err, device.ErrNotFound)
	}
}

func second[T any](_ T, err error) error { return err }

func manyAtOnce(t *testing.T, s device.Store) {
	save(t, s, device.Change{Devices: []device.Device{lamp("lamp")}})
	var won atomic.Int64
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 10 {
				d, err := s.Device(t.Context(), app, "SN-1", "lamp")
				if err == nil {
					d.Version++
					err = s.Save(t.Context(), device.Change{
						Devices: []device.Device{d}, Commands: []device.Command{order(fmt.Sprint(worker, "-", i), "", device.Sent, 0)},
					})
				}
				if err == nil {
					won.Add(1)
				} else if !errors.Is(err, device.ErrConflict) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	d := one[device.Device](t)(s.Device(t.Context(), app, "SN-1", "lamp"))
	open := one[[]device.Command](t)(s.OpenCommands(t.Context(), app, "SN-1"))
	same(t, [3]int64{d.Version - 3, d.Rev - 1, int64(len(open))}, [3]int64{won.Load(), won.Load(), won.Load()})
}
