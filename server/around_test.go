package server_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"madang/server"
)

// A wrapper stands before all routes.
type wrapper struct{ *fake }

func (x wrapper) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(x.name + " "))
		next.ServeHTTP(w, r)
	})
}

func wrapping(name string) server.Part {
	return server.NewPart(server.RoleWeb, name, server.NoConfig,
		func(context.Context, *server.Site, struct{}) (wrapper, error) {
			return wrapper{&fake{name: name, diary: &diary{}}}, nil
		})
}

// TestWrappers checks that they stand before the routes in the order of the list, and not before the server's health.
func TestWrappers(t *testing.T) {
	f := &fake{name: "page", diary: &diary{}, routes: map[string]http.Handler{"/page": says("page")}}
	h := open(t, server.Assembly{Parts: []server.Part{wrapping("first"), wrapping("second"), part(server.RoleWeb, f)}}).Handler()
	for path, want := range map[string]string{"/page": "first second page", "/livez": `{"status":"ok"}`} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if got := strings.TrimSpace(w.Body.String()); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

// A switched section is otherwise in development mode.
type switched struct {
	On  bool   `doc:"Whether it is on."`
	Key string `doc:"A key." secret:"true"`
}

func switching() server.Assembly {
	return server.Assembly{Parts: []server.Part{server.NewPart(server.RoleFeature, "feature", func() switched { return switched{} },
		func(_ context.Context, _ *server.Site, c switched) (switched, error) { return c, nil },
		server.Develop(func(c *switched, secret func() string) {
			if c.On && c.Key == "" {
				c.Key = secret()
			}
		}),
		server.InDevelopment(func(c *switched) { c.On = true }),
	)}}
}

// TestInDevelopment checks that what is otherwise in development mode is written down nowhere, and is not elsewhere.
func TestInDevelopment(t *testing.T) {
	t.Chdir(t.TempDir())
	a := switching()
	set, err := a.Load(server.Source{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := server.SectionOf[switched](set)
	if err != nil || !c.On || c.Key == "" {
		t.Errorf("%+v %v", c, err)
	}
	if err := set.Prepare(); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile("data/development.yaml"); err != nil || strings.Contains(string(b), "on:") || !strings.Contains(string(b), "key:") {
		t.Errorf("%s %v", b, err)
	}
	var shown bytes.Buffer
	if err := set.Show(&shown); err != nil || !strings.Contains(shown.String(), "on: true # development mode") {
		t.Errorf("%s %v", shown.String(), err)
	}
	if c, err := server.SectionOf[switched](load(t, a)); err != nil || c.On || c.Key != "" {
		t.Errorf("out of development mode: %+v %v", c, err)
	}
}

// TestCheck checks that what is wrong between sections is told when the settings are read.
func TestCheck(t *testing.T) {
	t.Chdir(t.TempDir())
	a := switching()
	wrong := errors.New("the one does not go with the other")
	a.Check = func(set *server.Settings) error {
		if _, err := server.SectionOf[switched](set); err != nil {
			return err
		}
		set.Warnings = append(set.Warnings, "odd")
		return wrong
	}
	set, err := a.Load(server.Source{})
	if !errors.Is(err, wrong) || set == nil || len(set.Warnings) != 1 {
		t.Errorf("%v %+v", err, set)
	}
}

// TestListenTellsThePort checks that parts know the port which the system chose.
func TestListenTellsThePort(t *testing.T) {
	t.Chdir(t.TempDir())
	set := load(t, server.Assembly{}, "listen", "127.0.0.1:0")
	ln, err := server.Listen(set)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := ln.Close(); err != nil {
			t.Error(err)
		}
	}()
	if _, port, err := net.SplitHostPort(set.Listen); err != nil || port == "0" || set.LocalURL() != "http://"+ln.Addr().String() {
		t.Errorf("%s %s %v", set.Listen, set.LocalURL(), err)
	}
}
