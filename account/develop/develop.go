// Package develop signs people in without a password: for the first look at a server on one's own machine.
//
// The server offers it only when it runs without any configuration, and only to requests of the same machine.
package develop

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"madang/internal/thismachine"
)

// maxUsers is how many users are remembered, for the page to offer them again; the oldest that were made are forgotten.
const maxUsers = 50

// maxName is the longest name in characters.
const maxName = 40

// A Sign makes a token for a user.
type Sign func(user, name string) (string, error)

// Session is the handler of /dev/session.
type Session struct {
	sign Sign
	log  *slog.Logger

	mu    sync.Mutex
	users []user
}

type user struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Token string `json:"token"`
}

// New returns a Session with two users to begin with.
func New(sign Sign, log *slog.Logger) *Session {
	return &Session{sign: sign, log: log, users: []user{{ID: "minji", Name: "민지"}, {ID: "junho", Name: "준호"}}}
}

// Routes returns the patterns of the session.
func (s *Session) Routes() map[string]http.Handler {
	return map[string]http.Handler{
		"GET /dev/session":  thismachine.Only("development sign-in is", http.HandlerFunc(s.list)),
		"POST /dev/session": thismachine.Only("development sign-in is", http.HandlerFunc(s.create)),
	}
}

func (s *Session) list(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	users := append([]user(nil), s.users...)
	s.mu.Unlock()
	for i := range users {
		var err error
		if users[i].Token, err = s.sign(users[i].ID, users[i].Name); err != nil {
			s.fail(w, err)
			return
		}
	}
	s.answer(w, http.StatusOK, map[string]any{
		"users": users, "note": "This server runs without configuration: anybody on this machine can sign in.",
	})
}

func (s *Session) create(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Name string `json:"name"`
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10))
	if err := d.Decode(&in); err != nil {
		http.Error(w, "the body must be JSON: {\"name\": …}", http.StatusBadRequest)
		return
	}
	name := strings.TrimSpace(in.Name)
	if n := utf8.RuneCountInString(name); n == 0 || n > maxName || strings.ContainsFunc(name, unusable) {
		http.Error(w, fmt.Sprintf("a name has 1 to %d characters that can be read", maxName), http.StatusBadRequest)
		return
	}
	u := user{ID: "u" + strings.ToLower(rand.Text()[:8]), Name: name}
	var err error
	if u.Token, err = s.sign(u.ID, u.Name); err != nil {
		s.fail(w, err)
		return
	}
	s.mu.Lock()
	s.users = append(s.users, user{ID: u.ID, Name: u.Name})
	if len(s.users) > maxUsers {
		s.users = append(s.users[:2:2], s.users[3:]...) // the first two stay
	}
	s.mu.Unlock()
	s.answer(w, http.StatusCreated, u)
}

// unusable refuses what a token's name cannot have, and what turns the text around it the other way.
func unusable(r rune) bool {
	return unicode.IsControl(r) || r == utf8.RuneError || unicode.Is(unicode.Bidi_Control, r)
}

func (s *Session) fail(w http.ResponseWriter, err error) {
	s.log.Error("a development token could not be signed", "error", err)
	http.Error(w, "no token could be signed; the server's log says why", http.StatusInternalServerError)
}

func (s *Session) answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a client that is gone hears nothing
}
