package clients_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"madang/account/clients/house"
	"madang/account/words"
	"madang/internal/nodetest"
)

// TestClients lets real client libraries sign in. What they expect stands in *.test.mjs.
func TestClients(t *testing.T) {
	h := house.New(t, house.Options{Messages: words.Laravel8})
	control := httptest.NewServer(controls(h))
	defer control.Close()
	// A browser says where a request was made. Apps that run pages without one do not, and have to show a token.
	for _, kind := range []string{"browser", "silent"} {
		t.Run(kind, func(t *testing.T) {
			nodetest.Run(t, ".", 2*time.Minute, "BASE_URL="+h.URL, "CONTROL_URL="+control.URL, "BROWSER="+kind)
		})
	}
}

// controls are what only the test of the clients can do.
func controls(h *house.House) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /mail", func(w http.ResponseWriter, r *http.Request) {
		all := h.Mails(r.URL.Query().Get("to"))
		if len(all) == 0 {
			http.Error(w, "no mail", http.StatusNotFound)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"subject": all[0].Subject, "link": house.Link(all[0].Text)})
	})
	mux.HandleFunc("GET /later", func(_ http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("seconds"))
		h.Later(time.Duration(n) * time.Second)
	})
	mux.HandleFunc("GET /now", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(strconv.FormatInt(h.Now().Unix(), 10)))
	})
	mux.HandleFunc("GET /tell", func(w http.ResponseWriter, r *http.Request) {
		if err := h.Tell(r.Context(), r.URL.Query().Get("user"), `{"text":"hello"}`); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	return mux
}
