package accounttest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"madang/account"
)

func (k *kit) proof(p account.Person, secret string, at time.Duration) account.OneTime {
	return account.OneTime{
		Purpose: account.PurposeReset, App: p.App, Person: p.ID, Hash: hash(secret), Email: p.Email,
		CreatedAt: k.after(at), ExpiresAt: k.after(at + time.Hour),
	}
}

func oneTime(k *kit) {
	p, other := k.add("kim"), k.add("lee")
	o := k.proof(p, "o", 0)
	k.ok(k.PutOneTime(k.ctx, o, 0))
	k.ok(k.PutOneTime(k.ctx, k.proof(other, "other", 0), 0))
	_, err := k.TakeOneTime(k.ctx, app, account.PurposeVerify, o.Hash, k.now)
	k.fails(err, account.ErrNotFound)
	_, err = k.TakeOneTime(k.ctx, app, account.PurposeReset, o.Hash, k.after(time.Hour))
	k.fails(err, account.ErrNotFound)
	got, err := k.TakeOneTime(k.ctx, app, account.PurposeReset, o.Hash, k.after(time.Hour-time.Millisecond))
	k.ok(err)
	k.same(got, o)
	_, err = k.TakeOneTime(k.ctx, app, account.PurposeReset, o.Hash, k.now)
	k.fails(err, account.ErrNotFound)
	k.ok(k.PutOneTime(k.ctx, o, 0))
	k.ok(k.PutOneTime(k.ctx, k.proof(p, "next", 0), 0)) // takes its place
	_, err = k.TakeOneTime(k.ctx, app, account.PurposeReset, o.Hash, k.now)
	k.fails(err, account.ErrNotFound)
	o.Person = 999
	k.fails(k.PutOneTime(k.ctx, o, 0), account.ErrNotFound)
}

func pause(k *kit) {
	p := k.add("kim")
	k.ok(k.PutOneTime(k.ctx, k.proof(p, "first", 0), time.Minute))
	k.fails(k.PutOneTime(k.ctx, k.proof(p, "early", time.Minute-time.Millisecond), time.Minute), account.ErrTooSoon)
	other := k.proof(p, "verify", 0)
	other.Purpose = account.PurposeVerify
	k.ok(k.PutOneTime(k.ctx, other, time.Minute))
	_, err := k.TakeOneTime(k.ctx, app, account.PurposeReset, hash("early"), k.now)
	k.fails(err, account.ErrNotFound)
	k.ok(k.PutOneTime(k.ctx, k.proof(p, "late", time.Minute), time.Minute))
	_, err = k.TakeOneTime(k.ctx, app, account.PurposeReset, hash("first"), k.now)
	k.fails(err, account.ErrNotFound)
	_, err = k.TakeOneTime(k.ctx, app, account.PurposeReset, hash("late"), k.now)
	k.ok(err)
}

func roles(k *kit) {
	partner := account.Role{App: app, Guard: "web", Name: "partner", Permissions: []string{"update", "create", "update"}}
	got, err := k.PutRole(k.ctx, partner)
	k.ok(err)
	partner.ID, partner.Permissions = got.ID, []string{"create", "update"}
	k.same(got, partner)
	admin, err := k.PutRole(k.ctx, account.Role{App: app, Guard: "web", Name: "admin"})
	k.ok(err)
	_, err = k.PutRole(k.ctx, account.Role{App: app, Guard: "api", Name: "partner"})
	k.ok(err)
	all, err := k.Roles(k.ctx, app, "web")
	k.ok(err)
	k.same(all, []account.Role{admin, partner})
	partner.Permissions = []string{"create"}
	again, err := k.PutRole(k.ctx, partner)
	k.ok(err)
	k.same(again, partner)
	_, err = k.PutRole(k.ctx, account.Role{App: app, Guard: "web"})
	k.fails(err, account.ErrInvalid)
	k.ok(k.DeleteRole(k.ctx, app, "web", "partner"))
	k.fails(k.DeleteRole(k.ctx, app, "web", "partner"), account.ErrNotFound)
	all, err = k.Roles(k.ctx, app, "api")
	k.ok(err)
	k.same(len(all), 1)
}

func rights(k *kit) {
	p := k.add("kim")
	for name, permissions := range map[string][]string{"partner": {"create", "update"}, "editor": {"update", "approve"}} {
		_, err := k.PutRole(k.ctx, account.Role{App: app, Guard: "web", Name: name, Permissions: permissions})
		k.ok(err)
	}
	check := func(guard string, want account.Rights) {
		k.Helper()
		got, err := k.Rights(k.ctx, app, p.ID, guard)
		k.ok(err)
		k.same(got, want)
	}
	check("web", account.Rights{})
	k.ok(k.Assign(k.ctx, app, p.ID, "web", []string{"partner", "editor", "partner"}, []string{"own", "create"}))
	check("web", account.Rights{Roles: []string{"editor", "partner"}, Permissions: []string{"approve", "create", "own", "update"}})
	check("api", account.Rights{})
	k.fails(k.Assign(k.ctx, app, p.ID, "web", []string{"nobody"}, nil), account.ErrNotFound)
	k.fails(k.Assign(k.ctx, app, p.ID, "api", []string{"partner"}, nil), account.ErrNotFound)
	k.fails(k.Assign(k.ctx, app, 999, "web", []string{"partner"}, nil), account.ErrNotFound)
	check("web", account.Rights{Roles: []string{"editor", "partner"}, Permissions: []string{"approve", "create", "own", "update"}})
	k.ok(k.DeleteRole(k.ctx, app, "web", "editor"))
	check("web", account.Rights{Roles: []string{"partner"}, Permissions: []string{"create", "own", "update"}})
	k.ok(k.Assign(k.ctx, app, p.ID, "web", nil, nil))
	check("web", account.Rights{})
}

func audit(k *kit) {
	p := k.add("kim")
	for i := range 5 {
		e := account.AuditEntry{
			At: k.after(time.Duration(i) * time.Second), App: app, Person: p.ID * int64(i%2), By: "madang user", Act: account.ActRefused,
			Client: account.Client{Address: "192.0.2.1", UserAgent: "브라우저"}, Detail: fmt.Sprint("try ", i),
		}
		if i == 3 {
			e.Act = account.ActSignedIn
		}
		k.ok(k.Note(k.ctx, e))
	}
	query := func(q account.AuditQuery) (details []string, last int64) {
		k.Helper()
		q.App = app
		all, err := k.Audit(k.ctx, q)
		k.ok(err)
		for _, e := range all {
			details, last = append(details, e.Detail), e.ID
		}
		return details, last
	}
	first, last := query(account.AuditQuery{Limit: 2})
	k.same(first, []string{"try 4", "try 3"})
	rest, _ := query(account.AuditQuery{Limit: 1000, Before: last})
	k.same(rest, []string{"try 2", "try 1", "try 0"})
	own, _ := query(account.AuditQuery{Limit: 10, Person: p.ID})
	k.same(own, []string{"try 3", "try 1"})
	good, _ := query(account.AuditQuery{Limit: 10, Act: account.ActSignedIn})
	k.same(good, []string{"try 3"})
	for _, limit := range []int{0, 1001} {
		_, err := k.Audit(k.ctx, account.AuditQuery{App: app, Limit: limit})
		k.fails(err, account.ErrInvalid)
	}
	all, err := k.Audit(k.ctx, account.AuditQuery{App: app, Limit: 1})
	k.ok(err)
	all[0].ID = 0
	k.same(all[0], account.AuditEntry{
		At: k.after(4 * time.Second), App: app, By: "madang user", Act: account.ActRefused,
		Client: account.Client{Address: "192.0.2.1", UserAgent: "브라우저"}, Detail: "try 4",
	})
}

func sweep(k *kit) {
	p := k.add("kim")
	k.session(p, "s") // for an hour, as the family
	k.family(p, "f", "r")
	t := k.token(p, "for ever")
	k.ok(k.PutOneTime(k.ctx, k.proof(p, "o", 0), 0))
	k.ok(k.Note(k.ctx, account.AuditEntry{At: k.now, App: app, Act: account.ActRefused}))
	k.ok(k.Note(k.ctx, account.AuditEntry{At: k.after(time.Second), App: app, Act: account.ActRefused}))
	n, err := k.Sweep(k.ctx, k.now, k.after(time.Hour-time.Millisecond))
	k.ok(err)
	k.same(n, 0)
	n, err = k.Sweep(k.ctx, k.after(time.Second), k.after(time.Hour))
	k.ok(err)
	k.same(n, 4) // the session, the family, the proof, one entry
	_, err = k.APIToken(k.ctx, app, t.ID, k.after(time.Hour))
	k.ok(err)
	_, err = k.Session(k.ctx, app, hash("s"), k.now)
	k.fails(err, account.ErrNotFound)
}

// What is one app's is not there for another.
func apps(k *kit) {
	p := k.add("kim")
	other, err := k.AddPerson(k.ctx, account.Person{App: "blog", Provider: members, Email: p.Email})
	k.ok(err)
	k.session(p, "s")
	k.family(p, "f", "r")
	t := k.token(p, "t")
	k.ok(k.PutOneTime(k.ctx, k.proof(p, "o", 0), 0))
	_, err = k.PutRole(k.ctx, account.Role{App: app, Guard: "web", Name: "admin"})
	k.ok(err)
	_, err = k.Session(k.ctx, "blog", hash("s"), k.now)
	k.fails(err, account.ErrNotFound)
	k.fails(k.EndSession(k.ctx, "blog", hash("s")), account.ErrNotFound)
	_, err = k.Family(k.ctx, "blog", "f", k.now)
	k.fails(err, account.ErrNotFound)
	_, err = k.Exchange(k.ctx, "blog", "f", hash("thief"), hash("x"), account.Client{}, k.now)
	k.fails(err, account.ErrNotFound)
	_, err = k.TakeOneTime(k.ctx, "blog", account.PurposeReset, hash("o"), k.now)
	k.fails(err, account.ErrNotFound)
	k.fails(k.EndAPIToken(k.ctx, "blog", p.ID, t.ID), account.ErrNotFound)
	k.fails(k.Assign(k.ctx, "blog", other.ID, "web", []string{"admin"}, nil), account.ErrNotFound)
	ended, err := k.EndAll(k.ctx, "blog", p.ID, account.Except{})
	k.ok(err)
	k.same(ended, account.Ended{})
	_, err = k.Session(k.ctx, app, hash("s"), k.now)
	k.ok(err)
	_, err = k.Exchange(k.ctx, app, "f", hash("r"), hash("x"), account.Client{}, k.now)
	k.ok(err)
}

// manyAtOnce lets many do at the same time what only one may.
func manyAtOnce(k *kit) {
	p := k.add("kim")
	k.family(p, "f", "r")
	old := k.session(p, "old")
	k.ok(k.PutOneTime(k.ctx, k.proof(p, "o", 0), 0))
	race := func(name string, also error, try func(i int) error) {
		k.Helper()
		var won atomic.Int64
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				switch err := try(i); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, also) && !errors.Is(err, account.ErrNotFound):
					k.Errorf("%s: %v", name, err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			k.Errorf("%s: %d succeeded, want 1", name, won.Load())
		}
	}
	race("register", account.ErrTaken, func(int) error {
		_, err := k.AddPerson(k.ctx, account.Person{App: app, Provider: members, Email: "same@example.com"})
		return err
	})
	race("change", account.ErrConflict, func(i int) error {
		q := p
		q.Name = fmt.Sprint(i)
		_, err := k.SavePerson(k.ctx, q)
		return err
	})
	race("exchange", account.ErrReused, func(i int) error {
		_, err := k.Exchange(k.ctx, app, "f", hash("r"), hash(fmt.Sprint(i)), account.Client{}, k.now)
		return err
	})
	race("take", nil, func(int) error {
		_, err := k.TakeOneTime(k.ctx, app, account.PurposeReset, hash("o"), k.now)
		return err
	})
	race("put", account.ErrTooSoon, func(i int) error {
		return k.PutOneTime(k.ctx, k.proof(p, fmt.Sprint(i), 0), time.Minute)
	})
	race("replace", nil, func(i int) error {
		s := old
		s.ID = hash(fmt.Sprint("new", i))
		return k.ReplaceSession(k.ctx, old.ID, s)
	})
}
