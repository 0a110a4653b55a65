package bearer

import (
	"sync"
	"sync/atomic"
	"testing"
)

// TestRefreshAtOnce: of many who show the same token at the same moment one gets the next, and all are out (Keycloak's #45647,
// where a refresh token could be used twice between the check and the write).
func TestRefreshAtOnce(t *testing.T) {
	for _, path := range []string{"/api/auth/refresh", "/api/auth/token"} {
		s := newSite(newHouse(t, noMail))
		p := s.add("kim@example.com")
		old := s.send("POST", "/api/auth/token", form{"grant_type": "password", "email": p.Email, "password": word})
		refresh, token := s.text(old, 200, "refresh_token"), s.login(p.Email)
		var won atomic.Int64
		var next atomic.Value
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				w := s.send("POST", path, form{"grant_type": "refresh_token", "refresh_token": refresh}, bearerOf(token)...)
				if w.Code == 200 {
					won.Add(1)
					next.Store(s.text(w, 200, "access_token"))
				}
			})
		}
		wg.Wait()
		if won.Load() > 1 {
			t.Errorf("%s: %d got the next token", path, won.Load())
		}
		if raw, ok := next.Load().(string); ok {
			if w := s.send("GET", "/api/auth/me", nil, bearerOf(raw)...); w.Code != 401 {
				t.Errorf("%s: the sign-in goes on: %d", path, w.Code)
			}
		}
		if families, err := s.store.Families(s.ctx(), "default", p.ID, s.now()); err != nil || len(families) != 1 {
			t.Errorf("%s: %d sign-ins are left, want the other one: %v", path, len(families), err)
		}
	}
}

// TestReuse: who shows a token again that was exchanged ends the sign-in, for the thief and the owner alike (RFC 9700, section
// 4.14.2).
func TestReuse(t *testing.T) {
	s := newSite(newHouse(t, noMail))
	p := s.add("kim@example.com")
	refresh := func(shown string) (access, next string, status int) {
		w := s.send("POST", "/api/auth/token", form{"grant_type": "refresh_token", "refresh_token": shown})
		if w.Code != 200 {
			return "", "", w.Code
		}
		return s.text(w, 200, "access_token"), s.text(w, 200, "refresh_token"), 200
	}
	stolen := s.grant(p.Email).Refresh()
	access, second, _ := refresh(stolen)
	_, third, _ := refresh(second)
	w := s.send("POST", "/api/auth/token", form{"grant_type": "refresh_token", "refresh_token": stolen})
	if got := s.text(w, 400, "error_description"); got != "The refresh token was used before. The sign-in has ended." {
		t.Errorf("%q", got)
	}
	if _, _, status := refresh(third); status != 400 {
		t.Errorf("the last refresh token: %d", status)
	}
	if w := s.send("GET", "/api/auth/me", nil, bearerOf(access)...); w.Code != 401 {
		t.Errorf("an access token: %d", w.Code)
	}
	if len(s.ended.Families) != 1 {
		t.Errorf("connections of %v are told", s.ended.Families)
	}
	// jwt-auth's: the token itself.
	old := s.login(p.Email)
	next := s.text(s.send("POST", "/api/auth/refresh", nil, bearerOf(old)...), 200, "access_token")
	if w := s.send("GET", "/api/auth/me", nil, bearerOf(old)...); w.Code != 401 {
		t.Errorf("a token that was exchanged: %d", w.Code)
	}
	if w := s.send("GET", "/api/auth/me", nil, bearerOf(next)...); w.Code != 200 {
		t.Errorf("the next one, before the old is refreshed again: %d", w.Code)
	}
	if w := s.send("POST", "/api/auth/refresh", nil, bearerOf(old)...); w.Code != 401 {
		t.Errorf("it is refreshed again: %d", w.Code)
	}
	if w := s.send("GET", "/api/auth/me", nil, bearerOf(next)...); w.Code != 401 {
		t.Errorf("the next one: %d", w.Code)
	}
}
