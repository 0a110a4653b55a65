package server_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"madang"
	"madang/server"
)

// house is an assembly with one part of most roles, listed in the wrong order on purpose.
func house(d *diary) server.Assembly {
	f := func(name string) *fake { return &fake{name: name, diary: d} }
	return server.Assembly{
		Parts: []server.Part{
			part(server.RoleWeb, f("pages")),
			part(server.RoleDialect, f("tongue")),
			part(server.RoleFeature, f("chat")),
			server.GuardPart("api", server.NoConfig, func(_ context.Context, s *server.Site, _ struct{}) (fakeGuard, error) {
				d.note("open api, hub %t", s.Hub != nil)
				return fakeGuard{f("api")}, nil
			}),
			server.StorePart("first", server.NoConfig, func(_ context.Context, s *server.Site, _ struct{}) (fakeStore, error) {
				d.note("open first, hub %t", s.Hub != nil)
				return fakeStore{f("first")}, nil
			}),
			part(server.RoleStore, f("second")),
		},
		Joins: []server.Join{func(*server.Site) error { d.note("join"); return nil }},
	}
}

func TestOrder(t *testing.T) {
	var d diary
	s, err := server.Open(t.Context(), house(&d), load(t, house(&d)), quiet())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil { // again is no harm
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"open first, hub false", "open api, hub false", "open chat, hub true", "open tongue, hub true", "open pages, hub true", "join",
		"start first", "start api", "start chat", "start tongue", "start pages",
		"close pages", "close tongue", "close chat", "close api", "close first",
	}
	if got := d.read(); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestChosenStore(t *testing.T) {
	var d diary
	open(t, house(&d), "store.url", "second:somewhere")
	if got := d.read()[0]; got != "open second, hub false" {
		t.Errorf("got %q", got)
	}
	a := house(&d)
	_, err := a.Load(server.Source{Flags: []server.Flag{{Name: "-", Key: "store.url", Value: "mysql://me:hush@db"}}})
	if err == nil || err.Error() != `store.url: must begin with one of [first: second:]; there is no store "mysql"` {
		t.Errorf("got %v", err)
	}
}

func TestFailuresCloseWhatIsOpen(t *testing.T) {
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		spoil func(*server.Assembly)
		want  string
	}{
		"open": {func(a *server.Assembly) {
			a.Parts = append(a.Parts, server.WebPart("bad", server.NoConfig,
				func(context.Context, *server.Site, struct{}) (*fake, error) { return nil, boom }))
		}, "open web bad: boom"},
		"join": {func(a *server.Assembly) {
			a.Joins = append(a.Joins, func(*server.Site) error { return boom })
		}, "join the parts: boom"},
		"nothing to use": {func(a *server.Assembly) {
			a.Joins = append(a.Joins, server.Use(func(*strings.Reader) error { return nil }))
		}, "join the parts: no open part is a *strings.Reader; open so far: store first (server_test.fakeStore, server_test.rooms), " +
			"guard api (server_test.fakeGuard), feature chat (*server_test.fake), dialect tongue (*server_test.fake), web pages (*server_test.fake)"},
		"too much to use": {func(a *server.Assembly) {
			a.Joins = append(a.Joins, server.Use(func(*fake) error { return nil }))
		}, "join the parts: several open parts are a *server_test.fake: feature chat, dialect tongue, web pages; ask for a more special type"},
	} {
		t.Run(name, func(t *testing.T) {
			var d diary
			a := house(&d)
			c.spoil(&a)
			if err := openError(t, a); err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			var opened, closed int
			for _, line := range d.read() {
				if strings.HasPrefix(line, "open ") {
					opened++
				}
				if strings.HasPrefix(line, "close ") {
					closed++
				}
			}
			if opened != 5 || closed != opened {
				t.Errorf("%d opened, %d closed", opened, closed)
			}
		})
	}
}

func TestUse(t *testing.T) {
	var d diary
	a := house(&d)
	var found []string
	a.Joins = []server.Join{
		server.Use(func(s fakeStore) error { found = append(found, s.name); return nil }),
		server.Use(func(r rooms) error { found = append(found, r.name); return nil }),
		server.Use(func(h *madang.Hub) error { found = append(found, "hub"); return nil }),
	}
	open(t, a)
	if want := []string{"first", "offered", "hub"}; !slices.Equal(found, want) {
		t.Errorf("got %q", found)
	}
}

type needing struct {
	hub   *madang.Hub
	rooms rooms
}

func TestWith(t *testing.T) {
	var d diary
	a := house(&d)
	a.Parts = append(a.Parts,
		server.FeaturePart("needing", server.NoConfig, server.With(func(h *madang.Hub, r rooms, _ struct{}) (*needing, error) {
			return &needing{h, r}, nil
		})),
		server.WebPart("off", server.NoConfig, server.OnHub(func(*madang.Hub, struct{}) (*diary, error) { return nil, server.ErrOff })))
	s := open(t, a)
	n, err := server.Find[*needing](s.Site())
	if err != nil || n.hub != s.Hub() || n.rooms.name != "offered" {
		t.Errorf("got %+v, %v", n, err)
	}
	if _, err := server.Find[*diary](s.Site()); err == nil {
		t.Error("a part that is off is found")
	}
}

func TestAssemblyMistakes(t *testing.T) {
	type conf struct{ Listen string }
	pages := func(options ...server.Option) server.Part {
		return server.WebPart("pages", func() conf { return conf{} }, server.OnHub(func(*madang.Hub, conf) (int, error) { return 1, nil }), options...)
	}
	for want, parts := range map[string][]server.Part{
		"assembly: web pages is in the list twice":                                                         {pages(), pages()},
		"assembly: listen is declared twice":                                                               {pages(server.Section(""))},
		"assembly:   is no part; make it with a function such as server.DialectPart":                       {{}},
		"web pages: Derive is for *int, but its settings are *server_test.conf: a mistake in the assembly": {pages(server.Derive(func(*server.Config, *int) error { return nil }))},
	} {
		a := server.Assembly{Parts: parts}
		if _, err := a.Load(server.Source{Env: []string{"MADANG_APPS=a:b:c"}}); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
