package fortify

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"madang/account/laravel"
	"madang/account/signin"
	"madang/account/words"
)

// example is a path of a route.
func (r route) example() string {
	return strings.NewReplacer("{token}", "1", "{id}", "1", "{hash}", "abc").Replace(r.path)
}

// compare sends one request to all routes that are chosen, as a script and as a browser, and compares the answers.
func compare(t *testing.T, who as, choose func(route) bool, ask func(c *client, r route) answer, script, page func(r route) want) {
	t.Helper()
	for _, p := range []words.Profile{words.Laravel8, words.Laravel10} {
		h := newHouse(t, messages(p))
		s, b := h.script(), h.browser()
		s.become(who)
		if who != nobody {
			b.open(kim)
		}
		for _, r := range table() {
			if !choose(r) {
				continue
			}
			t.Run(fmt.Sprintf("%s/%s/JSON", r.name, p), func(t *testing.T) {
				s.h.tb = t
				script(r).compare(t, p, ask(s, r))
			})
			t.Run(fmt.Sprintf("%s/%s/HTML", r.name, p), func(t *testing.T) {
				b.h.tb = t
				page(r).compare(t, p, ask(b, r))
			})
		}
		h.tb = t
	}
}

// plain asks without anything that is wanted.
func plain(c *client, r route) answer {
	if r.method == http.MethodGet {
		return c.do(r.method, r.example(), nil)
	}
	return c.do(r.method, r.example(), fields{})
}

func always(x want) func(route) want { return func(route) want { return x } }

// redirect is the status by which a browser is sent on.
func redirect(r route, to string) want {
	if r.method == http.MethodPut || r.method == http.MethodDelete {
		return want{status: http.StatusSeeOther, to: to}
	}
	return want{status: http.StatusFound, to: to}
}

func (r route) needs(all ...need) bool { return slices.Contains(all, r.need) }

// Who is not signed in is told so where somebody has to be.
func TestContractUnauthenticated(t *testing.T) {
	compare(t, nobody, func(r route) bool { return r.needs(auth, verified, confirmed) }, plain,
		always(want{status: 401, json: `{"message":"Unauthenticated."}`}), func(r route) want { return redirect(r, "/login") })
}

// Who is signed in has no business where guests sign in, and is sent home, whatever they want.
func TestContractGuest(t *testing.T) {
	home := func(r route) want { return redirect(r, "/") }
	compare(t, member, func(r route) bool { return r.needs(guest) }, plain, home, home)
}

// Who has not proved their address is told so where that is wanted.
func TestContractVerified(t *testing.T) {
	compare(t, unproved, func(r route) bool { return r.needs(verified) }, plain,
		always(want{status: 403, json: `{"message":"Your email address is not verified."}`}), func(r route) want { return redirect(r, "/email/verify") })
}

// Who has not confirmed their password is told so where that is wanted.
func TestContractConfirmed(t *testing.T) {
	compare(t, member, func(r route) bool { return r.needs(confirmed) }, plain,
		always(want{status: 423, json: `{"message":"Password confirmation required."}`}), func(r route) want { return redirect(r, "/user/confirm-password") })
}

// Nothing is done for a request that shows no token and does not say where it was made, or was made elsewhere.
func TestContractForged(t *testing.T) {
	for name, forge := range map[string]func(*http.Request){
		"no token": func(r *http.Request) { r.Header.Del("X-XSRF-TOKEN"); r.Header.Del("Sec-Fetch-Site") },
		"wrong token": func(r *http.Request) {
			r.Header.Set("X-XSRF-TOKEN", laravel.NewToken())
			r.Header.Del("Sec-Fetch-Site")
		},
		"cross-site": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"same-site":  func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"other origin": func(r *http.Request) {
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Set("Origin", "https://evil.example")
		},
	} {
		t.Run(name, func(t *testing.T) {
			compare(t, member, func(r route) bool { return r.method != http.MethodGet },
				func(c *client, r route) answer {
					return c.do(r.method, r.example(), fields{"password": secretWord}, forge)
				},
				always(want{status: 419, json: `{"message":"CSRF token mismatch."}`}), always(want{status: 419, page: "Error"}))
		})
	}
}

// methods are those that a path knows.
func methods(path string) (all []string) {
	for _, r := range table() {
		if r.path == path {
			if all = append(all, r.method); r.method == http.MethodGet {
				all = append(all, http.MethodHead)
			}
		}
	}
	return all
}

// A path that does not know a method says which it knows.
func TestContractMethods(t *testing.T) {
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} {
		t.Run(method, func(t *testing.T) {
			for _, p := range []words.Profile{words.Laravel8, words.Laravel10} {
				h := newHouse(t, messages(p))
				s, b := h.script(), h.browser()
				for _, r := range table() {
					if slices.Contains(methods(r.path), method) {
						continue
					}
					allowed := strings.Join(methods(r.path), ", ")
					text := fmt.Sprintf(`{"message":"The %s method is not supported for this route. Supported methods: %s."}`, method, allowed)
					if p == words.Laravel10 {
						text = fmt.Sprintf(`{"message":"The %s method is not supported for route %s. Supported methods: %s."}`, method, r.example()[1:], allowed)
					}
					header := map[string]string{"Allow": allowed}
					want{status: 405, json: text, header: header}.compare(t, p, s.do(method, r.example(), nil))
					want{status: 405, page: "Error", header: header}.compare(t, p, b.do(method, r.example(), nil))
				}
			}
		})
	}
}

func TestContractOptions(t *testing.T) {
	c := newHouse(t).script()
	for _, r := range table() {
		want{status: 200, header: map[string]string{"Allow": strings.Join(methods(r.path), ", ")}}.compare(t, words.Laravel10, c.do("OPTIONS", r.example(), nil))
	}
}

// HEAD is what GET is, without a body.
func TestContractHead(t *testing.T) {
	h := newHouse(t)
	c := h.script()
	c.become(sure)
	for _, r := range table() {
		if r.method != http.MethodGet || r.need == guest {
			continue
		}
		get := c.do("GET", r.example(), nil)
		if head := c.do("HEAD", r.example(), nil); head.status != get.status || head.body != "" {
			t.Errorf("%s: %d, %q; GET: %d", r.name, head.status, head.body, get.status)
		}
	}
}

// What is off is not there.
func TestContractOff(t *testing.T) {
	off := func(sc *signin.Config, c *Config, p *Parts) {
		sc.Features, c.Terms, c.Privacy, p.Album = signin.Features{}, "", "", nil
	}
	for _, p := range []words.Profile{words.Laravel8, words.Laravel10} {
		h := newHouse(t, messages(p), off)
		s, b := h.script(), h.browser()
		n := 0
		for _, r := range table() {
			if r.on == nil {
				continue
			}
			n++
			text := `{"message":""}`
			if p == words.Laravel10 {
				text = `{"message":"The route ` + r.example()[1:] + ` could not be found."}`
			}
			want{status: 404, json: text}.compare(t, p, plain(s, r))
			want{status: 404, page: "Error"}.compare(t, p, plain(b, r))
		}
		if n < 20 {
			t.Errorf("%d routes belong to a feature", n)
		}
		want{status: 404}.compare(t, p, s.do("GET", "/nowhere", nil))
		want{status: 404, page: "Error"}.compare(t, p, b.do("GET", "/nowhere", nil))
	}
}

// Nobody sends more than is read.
func TestContractTooLarge(t *testing.T) {
	compare(t, member, func(r route) bool { return r.method != http.MethodGet }, func(c *client, r route) answer {
		return c.do(r.method, r.example(), fields{"password": strings.Repeat("x", 70_000)})
	}, always(want{status: 413, json: `{"message":"The POST data is too large."}`}), always(want{status: 413, page: "Error"}))
}

// What Laravel's middleware is called, for documentation.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Names() {
		if seen[r.Name] || r.Name == "" || !strings.HasPrefix(r.Path, "/") {
			t.Errorf("route %+v", r)
		}
		seen[r.Name] = true
	}
	if len(seen) != 38 {
		t.Errorf("%d routes", len(seen))
	}
}
