package oauth_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"madang/device/oauth"
	"madang/internal/nodetest"
)

// TestClients has a client library as it is ask for consent. What it expects stands in clients/*.test.mjs.
func TestClients(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(nil)
	at := "http://" + server.Listener.Addr().String()
	c := config()
	c.URL, c.Interval = at, time.Second
	s := newSiteWith(t, c)
	s.real = true // the client waits in real time
	server.Config.Handler = s.mux
	server.Start()
	defer server.Close()
	control := httptest.NewServer(s.controls())
	defer control.Close()
	nodetest.Run(t, "clients", time.Minute, "BASE_URL="+at, "CONTROL_URL="+control.URL)
}

// controls are what only the test of the clients can do.
func (s *site) controls() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /register", func(w http.ResponseWriter, r *http.Request) {
		secret, err := s.rules.Register(r.Context(), app, r.URL.Query().Get("serial"), "현관")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"secret": secret})
	})
	mux.HandleFunc("GET /token", func(w http.ResponseWriter, r *http.Request) {
		id := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer jti.")
		_, token, err := s.rules.ByToken(r.Context(), app, id)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"person": token.Person, "hub": token.Hub})
	})
	mux.HandleFunc("GET /pending", func(w http.ResponseWriter, r *http.Request) {
		for {
			g, err := s.store.Grant(r.Context(), app, r.URL.Query().Get("serial"))
			if err != nil || r.Context().Err() != nil {
				http.Error(w, "no", http.StatusInternalServerError)
				return
			}
			if g.State == oauth.Pending && !g.PolledAt.IsZero() {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	})
	return mux
}
