package bearer

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A model is what one sign-in should be: which of its tokens are good.
type model struct {
	modern  bool
	begun   time.Time
	shown   []string // what can be exchanged, each once: jwt-auth's tokens, or refresh tokens
	access  []string // the access token that came with each
	made    []time.Time
	over    bool
	expires time.Duration // of access tokens
}

// lives reports whether the sign-in does.
func (m *model) lives(now time.Time) bool {
	return !m.over && now.Before(m.begun.Add(20160*time.Minute))
}

// good reports whether an access token opens something.
func (m *model) good(i int, now time.Time) bool {
	last := m.modern || i == len(m.access)-1 // jwt-auth's is no good once it was exchanged
	return m.lives(now) && last && now.Before(m.made[i].Add(m.expires))
}

// take notes what an answer gave.
func (m *model) take(all map[string]any, now time.Time) {
	access, _ := all["access_token"].(string)
	m.access, m.made = append(m.access, access), append(m.made, now)
	if !m.modern {
		m.shown = append(m.shown, access)
		return
	}
	refresh, _ := all["refresh_token"].(string)
	m.shown = append(m.shown, refresh)
}

// TestFamilies does anything in any order, by both interfaces at once, and compares each answer with what should be: an access token
// is good if and only if its sign-in lives, its time is not over and (jwt-auth's) it was not exchanged; what can be exchanged is
// only the last; and any other ends its sign-in, and no other.
func TestFamilies(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := newSite(newHouse(t, noMail))
		p := s.add("kim@example.com")
		var all []*model
		begin := func(modern bool) {
			m := &model{modern: modern, begun: s.now(), expires: time.Hour}
			path := "/api/auth/login"
			if modern {
				path, m.expires = "/api/auth/token", 15*time.Minute
			}
			w := s.send("POST", path, form{"email": p.Email, "password": word, "grant_type": "password"})
			if w.Code != 200 {
				r.Fatalf("%s: %d %s", path, w.Code, w.Body)
			}
			m.take(s.object(w), s.now())
			all = append(all, m)
		}
		begin(false)
		for range rapid.IntRange(1, 25).Draw(r, "steps") {
			m := all[rapid.IntRange(0, len(all)-1).Draw(r, "sign-in")]
			i := rapid.IntRange(0, len(m.shown)-1).Draw(r, "token")
			switch step := rapid.SampledFrom([]string{"begin", "exchange", "exchange last", "logout", "pass"}).Draw(r, "step"); step {
			case "begin":
				if len(all) < 5 {
					begin(rapid.Bool().Draw(r, "modern"))
				}
			case "exchange last", "exchange":
				if step == "exchange last" {
					i = len(m.shown) - 1
				}
				m.exchange(r, s, i)
			case "logout":
				w := s.send("POST", "/api/auth/logout", nil, bearerOf(m.access[i])...)
				if want := m.good(i, s.now()); (w.Code == 200) != want {
					r.Fatalf("logout with %d of %d: %d, want %v", i, len(m.access), w.Code, want)
				}
				m.over = m.over || w.Code == 200
			case "pass":
				s.pass(time.Duration(rapid.SampledFrom([]int{1, 14, 16, 59, 61, 20000}).Draw(r, "minutes")) * time.Minute)
			}
			check(r, s, all)
		}
	})
}

// exchange shows one of a sign-in's tokens for the next.
func (m *model) exchange(r *rapid.T, s *site, i int) {
	path, refused := "/api/auth/refresh", 401
	if m.modern {
		path, refused = "/api/auth/token", 400
	}
	w := s.send("POST", path, form{"grant_type": "refresh_token", "refresh_token": m.shown[i], "token": m.shown[i]})
	switch last := i == len(m.shown)-1; {
	case m.lives(s.now()) && last:
		if w.Code != 200 {
			r.Fatalf("exchange: %d %s", w.Code, w.Body)
		}
		m.take(s.object(w), s.now())
		return
	case m.lives(s.now()):
		m.over = true
	}
	if w.Code != refused {
		r.Fatalf("exchange %d of %d: %d %s, want %d", i, len(m.shown), w.Code, w.Body, refused)
	}
}

// check asks with every access token who it is.
func check(r *rapid.T, s *site, all []*model) {
	for n, m := range all {
		for i, raw := range m.access {
			w := s.send("GET", "/api/auth/me", nil, bearerOf(raw)...)
			if want := m.good(i, s.now()); (w.Code == 200) != want {
				r.Fatalf("%s: %d, want %v", fmt.Sprintf("token %d of sign-in %d", i, n), w.Code, want)
			}
		}
	}
}
