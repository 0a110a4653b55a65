package operator_test

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"madang/account"
	"madang/account/operator"
	"madang/account/signin"
)

// clients are the two ways to an Operator.
func clients(t *testing.T, h *house) map[string]*operator.Client {
	t.Helper()
	folder := t.TempDir()
	if c, err := operator.Dial(t.Context(), folder); c != nil || err != nil {
		t.Fatalf("nobody runs, and there is %v, %v", c, err)
	}
	if err := os.WriteFile(filepath.Join(folder, operator.SocketName), nil, 0o600); err != nil { // left behind
		t.Fatal(err)
	}
	ln, err := operator.Listen(folder)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(folder, operator.SocketName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the socket is %v, %v", info, err)
	}
	if left, _ := filepath.Glob(filepath.Join(folder, ".op*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	web := &http.Server{Handler: h.Handler()}
	done := make(chan struct{})
	go func() { _ = web.Serve(ln); close(done) }()
	t.Cleanup(func() {
		_ = web.Close()
		<-done
		if _, err := os.Stat(filepath.Join(folder, operator.SocketName)); err == nil {
			t.Error("the socket is still there")
		}
	})
	over, err := operator.Dial(t.Context(), folder)
	if err != nil || over == nil {
		t.Fatalf("dial: %v, %v", over, err)
	}
	return map[string]*operator.Client{"socket": over.As("test"), "direct": operator.Direct(h.Operator).As("test")}
}

func TestPeople(t *testing.T) {
	h := newHouse(t)
	for way, c := range clients(t, h) {
		t.Run(way, func(t *testing.T) {
			email := way + "@barun.test"
			ask := func(method, path string, in any) (p operator.Person, err error) {
				t.Helper()
				err = c.Do(t.Context(), method, path, in, &p)
				return p, err
			}
			must := func(method, path string, in any) operator.Person {
				t.Helper()
				p, err := ask(method, path, in)
				if err != nil {
					t.Fatalf("%s %s: %v", method, path, err)
				}
				return p
			}
			p := must("POST", "/web/people", operator.Addition{Name: "김", Email: email, Password: "correct horse", Roles: []string{"partner"}})
			if p.ID == 0 || p.VerifiedAt != nil || !p.HasPassword || !slices.Equal(p.Roles, []string{"partner"}) ||
				!slices.Contains(p.Permissions, "create.templates") {
				t.Errorf("added %+v", p)
			}
			one := operator.Path("web", "people", email)
			entry, err := h.web.Login(t.Context(), signin.From{}, signin.LoginForm{Email: email, Password: "correct horse"})
			if err != nil {
				t.Fatal(err)
			}
			if p = must("GET", one, nil); len(p.SignIns) != 1 || p.SignIns[0].Kind != signin.KindSession {
				t.Errorf("signed in by %+v", p.SignIns)
			}
			if p = must("PUT", one+"/password", map[string]string{"password": "battery staple"}); len(p.SignIns) != 0 {
				t.Errorf("after another password they are still signed in by %+v", p.SignIns)
			}
			if _, err := h.web.Session(t.Context(), signin.From{}, entry.Secret); err == nil {
				t.Error("the old session is good after another password")
			}
			if p = must("PUT", one+"/verified", nil); p.VerifiedAt == nil {
				t.Error("not verified")
			}
			if p = must("DELETE", one+"/enabled", nil); p.DisabledAt == nil {
				t.Error("not disabled")
			}
			if _, err := h.web.Login(t.Context(), signin.From{}, signin.LoginForm{Email: email, Password: "battery staple"}); err == nil {
				t.Error("who is disabled can sign in")
			}
			if p = must("PUT", one+"/enabled", nil); p.DisabledAt != nil {
				t.Error("not enabled")
			}
			if p = must("PUT", one+"/roles", operator.Assignment{Roles: []string{"admin"}, Permissions: []string{"approve.templates"}}); !slices.Equal(p.Roles, []string{"admin"}) ||
				!slices.Equal(p.Permissions, []string{"approve.templates"}) {
				t.Errorf("has %v and %v", p.Roles, p.Permissions)
			}
			if _, err := h.web.Login(t.Context(), signin.From{}, signin.LoginForm{Email: email, Password: "battery staple"}); err != nil {
				t.Fatal(err)
			}
			if p = must("DELETE", one+"/sign-ins", nil); len(p.SignIns) != 0 {
				t.Errorf("still signed in by %+v", p.SignIns)
			}
			var link struct{ Link string }
			if err := c.Do(t.Context(), "POST", one+"/link", map[string]string{"site": "admin"}, &link); err != nil ||
				!strings.HasPrefix(link.Link, "https://admin.barun.test/reset-password/") {
				t.Errorf("link %q, %v", link.Link, err)
			}
			deleted := must("DELETE", operator.Path("web", "people", p.Email), nil)
			if _, err := ask("GET", one, nil); err == nil || deleted.Email != email {
				t.Errorf("deleted %+v, and then there is %v", deleted, err)
			}
			var log []operator.Entry
			if err := c.Do(t.Context(), "GET", "/audit?limit=1000", nil, &log); err != nil {
				t.Fatal(err)
			}
			for _, act := range []account.Act{account.ActRegistered, account.ActPasswordChanged, account.ActVerified, account.ActDisabled,
				account.ActEnabled, account.ActRolesChanged, account.ActEnded, account.ActResetRequested, account.ActDeleted} {
				if !slices.ContainsFunc(log, func(e operator.Entry) bool { return e.Act == act && e.By == "command: test" && e.Person == p.ID }) {
					t.Errorf("the audit log has no %s by the command", act)
				}
			}
		})
	}
}

// TestRefusals checks that what cannot be done says why.
func TestRefusals(t *testing.T) {
	h := newHouse(t)
	c := operator.Direct(h.Operator)
	if _, err := h.Add(t.Context(), "test", "web", operator.Addition{Name: "Kim", Email: "kim@barun.test"}); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		method, path string
		in           any
		status       int
		text         string
	}{
		{"GET", "/jwt/people", nil, 404, `no guard "jwt"; there are api, web`},
		{"GET", "/web/people/nobody@barun.test", nil, 404, "there is nobody nobody@barun.test for guard web"},
		{"GET", "/api/people/1", nil, 404, "there is nobody 1 for guard api"},
		{"GET", "/web/people?limit=0", nil, 422, "from 1 to 1000"},
		{"GET", "/web/people?after=x", nil, 422, "after: must be a number"},
		{"POST", "/web/people", operator.Addition{Name: " ", Email: "x"}, 422, "name field is required"},
		{"POST", "/web/people", operator.Addition{Name: "Kim", Email: "KIM@barun.test"}, 422, "already been taken"},
		{"POST", "/web/people", operator.Addition{Name: "Lee", Email: "lee@barun.test", Password: "short"}, 422, "at least 8 characters"},
		{"POST", "/web/people", operator.Addition{Name: "Lee", Email: "lee@barun.test", Locale: "fr"}, 422, "en or ko"},
		{"POST", "/web/people", operator.Addition{Name: "Lee", Email: "lee@barun.test", Roles: []string{"boss"}}, 422, "there are: admin, partner"},
		{"POST", "/web/people", map[string]string{"email": "lee@barun.test", "is_admin": "1"}, 400, "is_admin"},
		{"PUT", "/web/people/kim@barun.test/roles", operator.Assignment{Permissions: []string{"everything"}}, 422, "everything"},
		{"PUT", "/web/people/kim@barun.test/password", map[string]string{"password": ""}, 422, "password field is required"},
		{"PUT", "/web/roles/boss", operator.Role{Permissions: []string{"everything"}}, 422, "everything"},
		{"DELETE", "/web/roles/boss", nil, 422, `no role "boss"`},
		{"GET", "/audit?limit=1001", nil, 422, "from 1 to 1000"},
		{"PATCH", "/web/people", nil, 405, "another version"},
	} {
		err := c.Do(t.Context(), x.method, x.path, x.in, nil)
		e, ok := errors.AsType[*operator.Error](err)
		if !ok || e.Status != x.status || !strings.Contains(e.Text, x.text) {
			t.Errorf("%s %s: %v, want %d and %q", x.method, x.path, err, x.status, x.text)
		}
	}
	people, err := h.List(t.Context(), "web", operator.Page{Limit: 10})
	if err != nil || len(people) != 1 || people[0].HasPassword {
		t.Errorf("there is %+v, %v", people, err)
	}
}

func TestRoles(t *testing.T) {
	h := newHouse(t)
	c := operator.Direct(h.Operator).As("test")
	var r operator.Role
	if err := c.Do(t.Context(), "PUT", "/web/roles/editor", operator.Role{Permissions: []string{"update.templates"}}, &r); err != nil || r.Name != "editor" {
		t.Fatalf("%+v %v", r, err)
	}
	var roles []operator.Role
	if err := c.Do(t.Context(), "GET", "/web/roles", nil, &roles); err != nil || len(roles) != 3 {
		t.Errorf("%+v %v", roles, err)
	}
	var permissions []string
	if err := c.Do(t.Context(), "GET", "/web/permissions", nil, &permissions); err != nil || len(permissions) != 4 {
		t.Errorf("%v %v", permissions, err)
	}
	if err := c.Do(t.Context(), "DELETE", "/web/roles/editor", nil, nil); err != nil {
		t.Error(err)
	}
	if roles, err := h.Roles(t.Context(), "web"); err != nil || len(roles) != 2 {
		t.Errorf("%+v %v", roles, err)
	}
}

// TestDeletePhoto checks that somebody's photo goes with them.
func TestDeletePhoto(t *testing.T) {
	h := newHouse(t)
	p, err := h.Add(t.Context(), "test", "web", operator.Addition{Name: "Kim", Email: "kim@barun.test"})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	err = h.album.Replace(t.Context(), "", b.Bytes(), func(key string) error {
		kim, err := h.store.Person(t.Context(), "app1", p.ID)
		if err != nil {
			return err
		}
		kim.Photo = key
		_, err = h.store.SavePerson(t.Context(), kim)
		return err
	})
	if err != nil || h.photos.Len() != 1 {
		t.Fatalf("%d photos, %v", h.photos.Len(), err)
	}
	if _, err := h.Delete(t.Context(), "test", "web", "kim@barun.test"); err != nil || h.photos.Len() != 0 {
		t.Errorf("%d photos are left, %v", h.photos.Len(), err)
	}
}
