package rest_test

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"madang/device"
	"madang/device/relay"
	"madang/device/rest"
)

func (s *server) online() bool {
	s.t.Helper()
	h, err := s.relay.Service().Store.Hub(s.t.Context(), app, "SN-1")
	if err != nil {
		s.t.Fatal(err)
	}
	return h.Online()
}

// eventually waits until ok holds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// A hub that asks is there; when it has not asked for as long as its lease it is away, and gets what has waited when it comes
// back. What waits for it meanwhile is not lost.
func TestLease(t *testing.T) {
	t.Parallel()
	c := rest.Defaults()
	c.Lease = 3 * time.Second
	s := newServerWith(t, c, nil)
	hub := s.box()
	token := s.pair(hub).Token
	if !s.online() {
		t.Fatal("a hub that asks is away")
	}
	eventually(t, "the lease is over", func() bool { return !s.online() })
	get[none](s, 503, token, "POST", "/v1/hubs/SN-1/devices/door/commands", `{"set":{"locked":false}}`)
	queued := get[relay.CommandView](s, 202, token, "POST", "/v1/hubs/SN-1/devices/lamp/commands", `{"set":{"on":true}}`)
	if queued.State != device.Queued {
		t.Errorf("%+v", queued)
	}
	due := s.due(hub)
	if len(due) != 1 || due[0].ID != queued.ID || !s.online() {
		t.Errorf("%+v", due)
	}
}

// A command is given again until it is answered, for the answer to a request may be lost; and no sooner than after a while.
func TestGivenAgain(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	hub := s.box()
	s.pair(hub)
	c := get[relay.CommandView](s, 202, "kim", "POST", "/v1/hubs/SN-1/devices/lamp/commands", `{"set":{"on":true}}`)
	if p := get[rest.Pending](s, 200, hub, "GET", "/v1/hubs/SN-1/pending", ""); len(p.Commands) != 1 {
		t.Fatalf("%+v", p)
	}
	if p := get[rest.Pending](s, 200, hub, "GET", "/v1/hubs/SN-1/pending", ""); len(p.Commands) != 0 {
		t.Errorf("at once again: %+v", p)
	}
	if due := s.due(hub); len(due) != 1 || due[0].ID != c.ID {
		t.Errorf("not again: %+v", due)
	}
}

// Of several requests of one hub at once the newest is answered, and the others end with nothing.
func TestOvertaken(t *testing.T) {
	s := newServer(t)
	hub := s.box()
	s.pair(hub)
	var all sync.WaitGroup
	var mu sync.Mutex
	given := 0
	for range 4 {
		all.Go(func() {
			var p rest.Pending
			res := s.do(hub, "GET", "/v1/hubs/SN-1/pending?wait=20", "")
			if err := json.NewDecoder(res.Body).Decode(&p); err != nil || res.StatusCode != 200 {
				t.Errorf("%d, %v", res.StatusCode, err)
			}
			mu.Lock()
			defer mu.Unlock()
			given += len(p.Commands)
		})
	}
	get[relay.CommandView](s, 202, "kim", "POST", "/v1/hubs/SN-1/devices/lamp/commands", `{"set":{"on":true}}`)
	get[rest.Pending](s, 200, hub, "GET", "/v1/hubs/SN-1/pending", "") // who still waits is overtaken
	all.Wait()
	if given > 1 {
		t.Errorf("it was given %d times", given)
	}
}

// Who waits when the server stops is answered at once with what there is.
func TestDrain(t *testing.T) {
	s := newServer(t)
	hub := s.box()
	s.pair(hub)
	get[rest.Pending](s, 200, hub, "GET", "/v1/hubs/SN-1/pending", "") // what its display is to show
	var all sync.WaitGroup
	all.Go(func() {
		// It would end by itself after 10 s, and the answer be 200.
		if res := s.do("kim", "POST", "/v1/hubs/SN-1/devices/lamp/commands?wait=60", `{"set":{"on":true}}`); res.StatusCode != 202 {
			t.Errorf("a command: %d", res.StatusCode)
		}
	})
	s.due(hub)
	all.Go(func() {
		var p rest.Pending
		res := s.do(hub, "GET", "/v1/hubs/SN-1/pending?wait=30", "")
		// The command would be given again after 3 s.
		if err := json.NewDecoder(res.Body).Decode(&p); err != nil || res.StatusCode != 200 || len(p.Commands) != 0 {
			t.Errorf("a hub: %d %+v, %v", res.StatusCode, p, err)
		}
	})
	s.api.Drain()
	all.Wait()
}

// A hub whose requests reach one node and then another gets its commands all the same; who commands it may be anywhere. When it
// changes nodes its old connection ends, at a time of its own: what it is given then may have to wait again, and comes again.
func TestNodes(t *testing.T) {
	t.Parallel()
	nodes := newNodes(t, 2)
	hub := nodes[0].box()
	nodes[0].pair(hub)
	for i, want := range []string{"true", "false", "true", "false"} {
		here, there := nodes[(i+1)%2], nodes[i%2]
		get[rest.Pending](here, 200, hub, "GET", "/v1/hubs/SN-1/pending", "")
		c := get[relay.CommandView](there, 202, "kim", "POST", "/v1/hubs/SN-1/devices/lamp/commands", `{"set":{"on":`+want+`}}`)
		eventually(t, "the hub has carried it out", func() bool {
			if due := here.due(hub); due[0].ID != c.ID {
				t.Fatalf("%+v", due)
			}
			return here.do(hub, "POST", "/v1/hubs/SN-1/answer", `{"command":"`+c.ID+`","done":true}`).StatusCode == 200
		})
		got := get[relay.CommandView](there, 200, "kim", "GET", "/v1/hubs/SN-1/commands/"+c.ID+"?wait=20", "")
		if got.State != device.Done {
			t.Errorf("%+v", got)
		}
	}
}
