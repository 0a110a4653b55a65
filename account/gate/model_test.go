package gate_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/account"
	"madang/account/gate"
	"madang/madangtest"

	"pgregory.net/rapid"
)

// A model is what rights are, without any cleverness.
type model struct {
	roles  map[[2]string][]string      // guard and name to permissions
	given  map[gate.Holder][2][]string // roles, and own permissions
	people []int64
}

func (m *model) has(h gate.Holder, role string) bool { return slices.Contains(m.given[h][0], role) }

func (m *model) allows(h gate.Holder, ability string) bool {
	if m.has(h, "admin") || slices.Contains(m.given[h][1], ability) {
		return true
	}
	return slices.ContainsFunc(m.given[h][0], func(r string) bool { return slices.Contains(m.roles[[2]string{h.Guard, r}], ability) })
}

func guards() []string    { return []string{"web", "api"} }
func roleNames() []string { return []string{"admin", "partner", "editor"} }
func abilities() []string { return []string{"create", "update", "delete"} }

func modelConfig() gate.Config {
	c := gate.Defaults()
	c.Roles, c.Permissions, c.Remembered = nil, nil, 3 // so that things are forgotten all the time
	for _, g := range guards() {
		c.Permissions = append(c.Permissions, gate.Permissions{Guard: g, Names: abilities()})
	}
	return c
}

// step makes a change by a gate, in the store and in the model. Both must agree whether it can be made.
func (m *model) step(t *rapid.T, g *gate.Gate, s *counted) {
	ctx := context.Background()
	guard := rapid.SampledFrom(guards()).Draw(t, "guard")
	some := func(all []string, what string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(all), 0, len(all), rapid.ID).Draw(t, what)
	}
	who := rapid.SampledFrom(m.people).Draw(t, "person")
	h := gate.Holder{App: app, Guard: guard, Person: who}
	switch rapid.IntRange(0, 4).Draw(t, "step") {
	case 0:
		r := account.Role{App: app, Guard: guard, Name: rapid.SampledFrom(roleNames()).Draw(t, "role"), Permissions: some(abilities(), "permissions")}
		_, err := g.PutRole(ctx, r)
		ok(t, err)
		m.roles[[2]string{guard, r.Name}] = r.Permissions
	case 1:
		k := [2]string{guard, rapid.SampledFrom(roleNames()).Draw(t, "role")}
		err := g.DeleteRole(ctx, app, guard, k[1])
		if _, there := m.roles[k]; there != (err == nil) {
			t.Fatalf("delete role %v: %v", k, err)
		}
		delete(m.roles, k)
		for h, x := range m.given {
			if h.Guard == guard {
				m.given[h] = [2][]string{slices.DeleteFunc(slices.Clone(x[0]), func(r string) bool { return r == k[1] }), x[1]}
			}
		}
	case 2, 3:
		roles, own := some(roleNames(), "roles"), some(abilities(), "own")
		there := !slices.ContainsFunc(roles, func(r string) bool { _, ok := m.roles[[2]string{guard, r}]; return !ok }) && s.lives(who)
		if err := g.Assign(ctx, h, roles, own); there != (err == nil) {
			t.Fatalf("assign %v to %v: %v", roles, h, err)
		}
		if there {
			m.given[h] = [2][]string{roles, own}
		}
	case 4:
		if rapid.IntRange(0, 9).Draw(t, "deleted") > 0 || !s.lives(who) {
			return
		}
		_, err := s.DeletePerson(ctx, app, who)
		ok(t, err)
		g.Forget(ctx, app, who)
		maps.DeleteFunc(m.given, func(h gate.Holder, _ [2][]string) bool { return h.Person == who })
	}
}

func (s *counted) lives(id int64) bool {
	_, err := s.Person(context.Background(), app, id)
	return err == nil
}

// check compares all answers of a gate with the model's.
func (m *model) check(t tester, what string, g *gate.Gate) {
	t.Helper()
	for _, id := range m.people {
		for _, guard := range guards() {
			h := gate.Holder{App: app, Guard: guard, Person: id}
			for _, a := range abilities() {
				if got, want := allows(t, g, principal(h), a), m.allows(h, a); got != want {
					t.Fatalf("%s: %v may %s: %v, want %v", what, h, a, got, want)
				}
			}
			for _, r := range roleNames() {
				got, err := g.HasRole(context.Background(), principal(h), r)
				if want := m.has(h, r); err != nil || got != want {
					t.Fatalf("%s: %v has the role %s: %v, %v, want %v", what, h, r, got, err, want)
				}
			}
		}
	}
}

func newModel(t tester, s *counted) *model {
	m := &model{roles: map[[2]string][]string{}, given: map[gate.Holder][2][]string{}}
	for _, name := range []string{"kim", "lee", "park"} {
		m.people = append(m.people, person(t, s, name).Person)
	}
	return m
}

// A gate that remembers answers as one that looks everything up, at once where changes are made.
func TestLikeTheModel(t *testing.T) {
	h := madang.New(madang.Config{})
	ok(t, h.Start(t.Context()))
	t.Cleanup(func() { _ = h.Close() })
	rapid.Check(t, func(t *rapid.T) {
		s := newStore()
		g, err := gate.New(modelConfig(), s)
		ok(t, err)
		ok(t, g.Start(context.Background(), h))
		defer g.Close()
		m := newModel(t, s)
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			m.step(t, g, s)
			m.check(t, "at once", g)
		}
	})
}

// Of several nodes the one that made a change is right at once, the others as soon as they have heard, however late.
func TestClusterLikeTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			rnd := rand.New(rand.NewPCG(seed, 7))
			cl := madangtest.StartCluster(t, 3, madang.Config{}, func() time.Duration {
				mu.Lock()
				defer mu.Unlock()
				return time.Duration(rnd.IntN(3000)) * time.Microsecond
			})
			s := newStore()
			var gs []*gate.Gate
			for _, h := range cl.Hubs {
				g := newGate(t, modelConfig(), s)
				ok(t, g.Start(t.Context(), h))
				gs = append(gs, g)
			}
			m := newModel(t, s)
			for range rapid.IntRange(1, 8).Draw(rt, "steps") {
				i := rapid.IntRange(0, 2).Draw(rt, "node")
				m.step(rt, gs[i], s)
				m.check(t, "at once", gs[i])
				time.Sleep(time.Second / 2) // less than the TTL
				for _, g := range gs {
					m.check(t, "on every node", g)
				}
			}
			for _, g := range gs {
				ok(t, g.Close())
			}
		})
	})
}

// While people ask on all nodes and rights change on all nodes, nobody keeps a right that was taken.
func TestClusterUnderLoad(t *testing.T) {
	cl := madangtest.StartCluster(t, 2, madang.Config{}, nil)
	s := newStore()
	var mu sync.Mutex
	heard := map[int]int{}
	var gs []*gate.Gate
	for i, h := range cl.Hubs {
		g := newGate(t, gate.Defaults(), s, gate.WithChanged(func(c gate.Change) {
			mu.Lock()
			defer mu.Unlock()
			if c.Person != 0 {
				heard[i]++
			}
		}))
		ok(t, g.Start(t.Context(), h))
		gs = append(gs, g)
	}
	ok(t, gs[0].Seed(t.Context(), app))
	h := person(t, s, "kim")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if _, err := gs[i%2].Allows(context.Background(), principal(h), "create.templates"); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	for n := range 200 {
		var roles []string
		if n%2 == 0 {
			roles = []string{"partner"}
		}
		ok(t, gs[n%2].Assign(t.Context(), h, roles, nil))
		same(t, "where it was changed", allows(t, gs[n%2], principal(h), "create.templates"), n%2 == 0)
	}
	close(stop)
	wg.Wait()
	for deadline := time.Now().Add(10 * time.Second); ; {
		mu.Lock()
		all := heard[0] >= 300 && heard[1] >= 300 // 200 from the cluster, and 100 of its own at once
		mu.Unlock()
		if all {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("not all changes were heard of: %v", heard)
		}
		time.Sleep(time.Millisecond)
	}
	for i, g := range gs {
		if allows(t, g, principal(h), "create.templates") {
			t.Errorf("node %d still allows what was taken", i)
		}
	}
}
