package accounttest

import (
	"slices"
	"time"

	"madang/account"
)

func sessions(k *kit) {
	p := k.add("kim")
	s := account.Session{
		ID: hash("s"), App: app, Person: p.ID, Pending: true, Remember: true, ConfirmedAt: k.after(time.Second),
		Client: account.Client{Address: "2001:db8::1", UserAgent: "브라우저"}, CreatedAt: k.now, SeenAt: k.now, ExpiresAt: k.after(time.Hour),
	}
	k.ok(k.AddSession(k.ctx, s))
	got, err := k.Session(k.ctx, app, s.ID, k.now)
	k.ok(err)
	k.same(got, s)
	for at, want := range map[time.Duration]error{time.Hour - time.Millisecond: nil, time.Hour: account.ErrNotFound} {
		_, err := k.Session(k.ctx, app, s.ID, k.after(at))
		k.fails(err, want)
	}
	elsewhere := account.Client{Address: "192.0.2.9"}
	k.ok(k.SeeSession(k.ctx, app, s.ID, elsewhere, k.after(time.Minute), k.after(2*time.Hour)))
	s.Client, s.SeenAt, s.ExpiresAt = elsewhere, k.after(time.Minute), k.after(2*time.Hour)
	later := k.session(p, "later")
	k.ok(k.SeeSession(k.ctx, app, later.ID, later.Client, k.after(2*time.Minute), later.ExpiresAt))
	later.SeenAt = k.after(2 * time.Minute)
	all, err := k.Sessions(k.ctx, app, p.ID, k.now)
	k.ok(err)
	k.same(all, []account.Session{later, s})
	all, err = k.Sessions(k.ctx, app, p.ID, k.after(90*time.Minute))
	k.ok(err)
	k.same(all, []account.Session{s})
	k.ok(k.EndSession(k.ctx, app, s.ID))
	k.fails(k.EndSession(k.ctx, app, s.ID), account.ErrNotFound)
	k.fails(k.SeeSession(k.ctx, app, s.ID, elsewhere, k.now, k.after(time.Hour)), account.ErrNotFound)
	s.Person = 999
	k.fails(k.AddSession(k.ctx, s), account.ErrNotFound)
}

func replacedSessions(k *kit) {
	p := k.add("kim")
	old := k.session(p, "old")
	next := old
	next.ID, next.ConfirmedAt = hash("next"), k.now
	k.ok(k.ReplaceSession(k.ctx, old.ID, next))
	_, err := k.Session(k.ctx, app, old.ID, k.now)
	k.fails(err, account.ErrNotFound)
	got, err := k.Session(k.ctx, app, next.ID, k.now)
	k.ok(err)
	k.same(got, next)
	third := next
	third.ID = hash("third")
	k.fails(k.ReplaceSession(k.ctx, old.ID, third), account.ErrNotFound)
	_, err = k.Session(k.ctx, app, third.ID, k.now)
	k.fails(err, account.ErrNotFound)
	next.Pending = true
	k.ok(k.ReplaceSession(k.ctx, next.ID, next)) // by itself
	got, err = k.Session(k.ctx, app, next.ID, k.now)
	k.ok(err)
	k.same(got.Pending, true)
	third.SeenAt = k.after(2 * time.Hour) // when the one before has expired
	k.fails(k.ReplaceSession(k.ctx, next.ID, third), account.ErrNotFound)
}

func families(k *kit) {
	p := k.add("kim")
	f := k.family(p, "f", "one")
	f2 := k.family(p, "f2", "other")
	c := account.Client{Address: "192.0.2.9", UserAgent: "app"}
	got, err := k.Exchange(k.ctx, app, "f", hash("one"), hash("two"), c, k.after(time.Minute))
	k.ok(err)
	f.Current, f.Generation, f.Client, f.SeenAt = hash("two"), 1, c, k.after(time.Minute)
	k.same(got, f)
	got, err = k.Family(k.ctx, app, "f", k.now)
	k.ok(err)
	k.same(got, f)
	all, err := k.Families(k.ctx, app, p.ID, k.now)
	k.ok(err)
	k.same(all, []account.Family{f, f2})
	_, err = k.Exchange(k.ctx, app, "f", hash("two"), hash("three"), c, k.after(time.Hour))
	k.fails(err, account.ErrNotFound) // it has expired
	k.ok(k.EndFamily(k.ctx, app, "f"))
	k.fails(k.EndFamily(k.ctx, app, "f"), account.ErrNotFound)
	_, err = k.Exchange(k.ctx, app, "f", hash("two"), hash("three"), c, k.now)
	k.fails(err, account.ErrNotFound)
	f.Person = 999
	k.fails(k.AddFamily(k.ctx, f), account.ErrNotFound)
}

func reuse(k *kit) {
	p := k.add("kim")
	k.family(p, "f", "one")
	k.family(p, "f2", "other")
	_, err := k.Exchange(k.ctx, app, "f", hash("one"), hash("two"), account.Client{}, k.now)
	k.ok(err)
	_, err = k.Exchange(k.ctx, app, "f", hash("one"), hash("thief"), account.Client{}, k.now)
	k.fails(err, account.ErrReused)
	_, err = k.Exchange(k.ctx, app, "f", hash("two"), hash("three"), account.Client{}, k.now)
	k.fails(err, account.ErrNotFound)
	_, err = k.Family(k.ctx, app, "f2", k.now)
	k.ok(err)
}

func apiTokens(k *kit) {
	p, other := k.add("kim"), k.add("lee")
	t := account.APIToken{
		App: app, Person: p.ID, Name: "배포", Hash: hash("t"), Abilities: []string{"read", "만들기"}, CreatedAt: k.now, ExpiresAt: k.after(time.Hour),
	}
	got, err := k.AddAPIToken(k.ctx, t)
	k.ok(err)
	t.ID = got.ID
	k.same(got, t)
	second := k.token(p, "second")
	if second.ID <= t.ID || t.ID < 1 {
		k.Errorf("ids %d, %d", t.ID, second.ID)
	}
	k.ok(k.UseAPIToken(k.ctx, app, t.ID, k.after(time.Minute)))
	k.ok(k.SetAbilities(k.ctx, app, p.ID, t.ID, []string{"*"}))
	t.UsedAt, t.Abilities = k.after(time.Minute), []string{"*"}
	got, err = k.APIToken(k.ctx, app, t.ID, k.now)
	k.ok(err)
	k.same(got, t)
	all, err := k.APITokens(k.ctx, app, p.ID, k.now)
	k.ok(err)
	k.same(all, []account.APIToken{t, second})
	all, err = k.APITokens(k.ctx, app, p.ID, k.after(time.Hour))
	k.ok(err)
	k.same(all, []account.APIToken{second})
	_, err = k.APIToken(k.ctx, app, t.ID, k.after(time.Hour))
	k.fails(err, account.ErrNotFound)
	k.fails(k.EndAPIToken(k.ctx, app, other.ID, t.ID), account.ErrNotFound)
	k.fails(k.SetAbilities(k.ctx, app, other.ID, t.ID, nil), account.ErrNotFound)
	k.ok(k.EndAPIToken(k.ctx, app, p.ID, t.ID))
	k.fails(k.EndAPIToken(k.ctx, app, p.ID, t.ID), account.ErrNotFound)
	if third := k.token(p, "third"); third.ID == t.ID {
		k.Error("an id was given twice")
	}
	t.Person = 999
	_, err = k.AddAPIToken(k.ctx, t)
	k.fails(err, account.ErrNotFound)
}

func endAll(k *kit) {
	p, other := k.add("kim"), k.add("lee")
	for _, secret := range []string{"s1", "s2", "s3"} {
		k.session(p, secret)
	}
	k.family(p, "f1", "r")
	k.family(p, "f2", "r")
	t := k.token(p, "t")
	k.session(other, "other")
	ended, err := k.EndAll(k.ctx, app, p.ID, account.Except{Session: hash("s2"), Family: "f2", APITokens: true})
	k.ok(err)
	k.same(len(ended.Sessions), 2)
	k.same(slices.Contains(ended.Sessions, hash("s2")), false)
	k.same(ended.Families, []string{"f1"})
	k.same(len(ended.APITokens), 0)
	_, err = k.Session(k.ctx, app, hash("s2"), k.now)
	k.ok(err)
	_, err = k.Session(k.ctx, app, hash("s1"), k.now)
	k.fails(err, account.ErrNotFound)
	ended, err = k.EndAll(k.ctx, app, p.ID, account.Except{})
	k.ok(err)
	k.same(ended, account.Ended{Sessions: []account.Hash{hash("s2")}, Families: []string{"f2"}, APITokens: []int64{t.ID}})
	ended, err = k.EndAll(k.ctx, app, p.ID, account.Except{})
	k.ok(err)
	k.same(ended, account.Ended{})
	_, err = k.Session(k.ctx, app, hash("other"), k.now)
	k.ok(err)
}
