package web

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"

	"madang/account/laravel"
	"madang/internal/inertia"
)

// accountPolicy is the policy of account pages, which also show a photo that is about to be sent.
const accountPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Page implements laravel.Pages. Props are as Jetstream has them; flash, which the pages show once, is sent outside of them.
func (p *Pages) Page(w http.ResponseWriter, r *http.Request, page laravel.Page) {
	props := maps.Clone(page.Props)
	flash, _ := props["flash"].(map[string]any)
	delete(props, "flash")
	if page.Status == 0 {
		page.Status = http.StatusOK
	}
	in := signedIn(props["user"])
	h := w.Header()
	if h.Get("Referrer-Policy") == "" {
		h.Set("Referrer-Policy", "same-origin") // Laravel sends people back to the page that they were on
	}
	harden(h, accountPolicy)
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store, private")
	}
	err := p.account.Render(w, r, page.Status, inertia.Page{
		Component: page.Component, Props: props, Flash: flash, Private: in, Forget: !in && page.Status < http.StatusBadRequest,
	})
	if err != nil {
		http.Error(w, "this page cannot be shown", http.StatusInternalServerError)
	}
}

// signedIn reports whether a page's user is somebody: whatever type it has, nobody is null.
func signedIn(user any) bool {
	b, err := json.Marshal(user)
	return err == nil && !bytes.Equal(b, []byte("null"))
}
