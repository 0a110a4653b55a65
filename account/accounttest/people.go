package accounttest

import (
	"fmt"
	"strings"
	"time"

	"madang/account"
)

func people(k *kit) {
	full := account.Person{
		App: app, Provider: members, Name: "김철수", Email: "Kim+1@Example.com", VerifiedAt: k.now, Password: "$argon2id$…", Locale: "ko",
		Photo: "photos/1.webp", DisabledAt: k.after(time.Second), CreatedAt: k.now, UpdatedAt: k.after(time.Minute),
		Factor: account.Factor{Secret: []byte{0, 1, 255}, Codes: []byte("codes"), ConfirmedAt: k.after(time.Hour), Step: 1 << 40},
	}
	p, err := k.AddPerson(k.ctx, full)
	k.ok(err)
	if p.ID < 1 || p.Rev != 1 {
		k.Fatalf("id %d, rev %d", p.ID, p.Rev)
	}
	full.ID, full.Rev = p.ID, 1
	k.same(p, full)
	got, err := k.Person(k.ctx, app, p.ID)
	k.ok(err)
	k.same(got, full)
	other := k.add("other")
	if other.ID <= p.ID {
		k.Errorf("id %d after %d", other.ID, p.ID)
	}
	_, err = k.Person(k.ctx, app, other.ID+1)
	k.fails(err, account.ErrNotFound)
	for name, bad := range map[string]account.Person{
		"no app": {Provider: members, Email: "a@b"}, "no provider": {App: app, Email: "a@b"}, "no address": {App: app, Provider: members},
		"blank address": {App: app, Provider: members, Email: " "}, "long address": {App: app, Provider: members, Email: strings.Repeat("a", 255)},
		"long name": {App: app, Provider: members, Email: "a@b", Name: strings.Repeat("a", 256)},
		"bad name":  {App: app, Provider: members, Email: "a@b", Name: "\xff"}, "zero": {App: app, Provider: members, Email: "a\x00@b"},
	} {
		if _, err := k.AddPerson(k.ctx, bad); err == nil {
			k.Errorf("%s was accepted", name)
		}
	}
	imported, err := k.AddPerson(k.ctx, account.Person{App: app, Provider: members, ID: 500, Email: "old@example.com"})
	k.ok(err)
	k.same(imported.ID, 500)
	_, err = k.AddPerson(k.ctx, account.Person{App: app, Provider: members, ID: 500, Email: "older@example.com"})
	k.fails(err, account.ErrTaken)
	if next := k.add("next"); next.ID <= 500 {
		k.Errorf("id %d after 500", next.ID)
	}
}

func addresses(k *kit) {
	p := k.add("Kim")
	for _, email := range []string{"Kim@example.com", "kim@example.com", " KIM@EXAMPLE.COM\n"} {
		got, err := k.PersonByEmail(k.ctx, app, members, email)
		k.ok(err)
		k.same(got.ID, p.ID)
		_, err = k.AddPerson(k.ctx, account.Person{App: app, Provider: members, Email: email})
		k.fails(err, account.ErrTaken)
	}
	_, err := k.PersonByEmail(k.ctx, app, "users", "kim@example.com")
	k.fails(err, account.ErrNotFound)
	user, err := k.AddPerson(k.ctx, account.Person{App: app, Provider: "users", Email: "kim@example.com"})
	k.ok(err)
	if user.ID == p.ID {
		k.Errorf("a user and a member have the same id %d", user.ID)
	}
	// Whether two letters are the same does not depend on who looks: K is not the sign for kelvin.
	_, err = k.PersonByEmail(k.ctx, app, members, "%@example.com")
	k.fails(err, account.ErrNotFound)
	_, err = k.PersonByEmail(k.ctx, app, members, "k_m@example.com")
	k.fails(err, account.ErrNotFound)
}

func changes(k *kit) {
	p, other := k.add("kim"), k.add("lee")
	p.Name, p.Email, p.UpdatedAt = "Kim", "kim@new.example", k.after(time.Hour)
	p.Provider, p.CreatedAt = "users", k.after(time.Hour) // which do not change
	saved, err := k.SavePerson(k.ctx, p)
	k.ok(err)
	if saved.Rev != 2 || saved.Provider != members || !saved.CreatedAt.Equal(k.now) || saved.Name != "Kim" {
		k.Fatalf("%+v", saved)
	}
	got, err := k.Person(k.ctx, app, p.ID)
	k.ok(err)
	k.same(got, saved)
	_, err = k.SavePerson(k.ctx, p) // of before
	k.fails(err, account.ErrConflict)
	_, err = k.PersonByEmail(k.ctx, app, members, "kim@example.com")
	k.fails(err, account.ErrNotFound)
	saved.Email = "LEE@example.com"
	_, err = k.SavePerson(k.ctx, saved)
	k.fails(err, account.ErrTaken)
	other.Email = "lee2@example.com"
	_, err = k.SavePerson(k.ctx, other)
	k.ok(err)
	_, err = k.SavePerson(k.ctx, saved) // now it is free
	k.ok(err)
	saved.Email = ""
	_, err = k.SavePerson(k.ctx, saved)
	k.fails(err, account.ErrInvalid)
	_, err = k.SavePerson(k.ctx, account.Person{App: app, ID: 999, Email: "a@b", Provider: members, Rev: 1})
	k.fails(err, account.ErrNotFound)
}

func deletedPeople(k *kit) {
	p, other := k.add("kim"), k.add("lee")
	k.session(p, "s")
	k.family(p, "f", "r")
	t := k.token(p, "t")
	k.session(other, "other")
	_, err := k.PutRole(k.ctx, account.Role{App: app, Guard: "web", Name: "admin", Permissions: []string{"all"}})
	k.ok(err)
	k.ok(k.Assign(k.ctx, app, p.ID, "web", []string{"admin"}, []string{"more"}))
	k.ok(k.PutOneTime(k.ctx, account.OneTime{Purpose: account.PurposeReset, App: app, Person: p.ID, Hash: hash("o"), CreatedAt: k.now, ExpiresAt: k.after(time.Hour)}, 0))
	k.ok(k.Note(k.ctx, account.AuditEntry{At: k.now, App: app, Person: p.ID, Act: account.ActRegistered}))

	ended, err := k.DeletePerson(k.ctx, app, p.ID)
	k.ok(err)
	k.same(ended, account.Ended{Sessions: []account.Hash{hash("s")}, Families: []string{"f"}, APITokens: []int64{t.ID}})
	_, err = k.DeletePerson(k.ctx, app, p.ID)
	k.fails(err, account.ErrNotFound)
	_, err = k.Session(k.ctx, app, hash("s"), k.now)
	k.fails(err, account.ErrNotFound)
	_, err = k.Family(k.ctx, app, "f", k.now)
	k.fails(err, account.ErrNotFound)
	_, err = k.APIToken(k.ctx, app, t.ID, k.now)
	k.fails(err, account.ErrNotFound)
	_, err = k.TakeOneTime(k.ctx, app, account.PurposeReset, hash("o"), k.now)
	k.fails(err, account.ErrNotFound)
	r, err := k.Rights(k.ctx, app, p.ID, "web")
	k.ok(err)
	k.same(len(r.Roles)+len(r.Permissions), 0)
	log, err := k.Audit(k.ctx, account.AuditQuery{App: app, Person: p.ID, Limit: 10})
	k.ok(err)
	k.same(len(log), 1)
	_, err = k.Session(k.ctx, app, hash("other"), k.now)
	k.ok(err)
	if again := k.add("kim"); again.ID == p.ID {
		k.Errorf("the id %d was given twice", p.ID)
	}
}

func listsOfPeople(k *kit) {
	var ids []int64
	for i := range 5 {
		ids = append(ids, k.add(fmt.Sprint("m", i)).ID)
	}
	_, err := k.AddPerson(k.ctx, account.Person{App: app, Provider: "users", Email: "u@example.com"})
	k.ok(err)
	for _, c := range []struct {
		after int64
		limit int
		want  []int64
	}{{0, 10, ids}, {0, 2, ids[:2]}, {ids[1], 2, ids[2:4]}, {ids[4], 10, nil}, {0, 0, nil}} {
		all, err := k.People(k.ctx, app, members, c.after, c.limit)
		k.ok(err)
		var got []int64
		for _, p := range all {
			got = append(got, p.ID)
		}
		k.same(got, c.want)
	}
}
