package house

import (
	"encoding/json"
	"maps"
	"net/http"

	"madang/account"
	"madang/account/bearer"
	"madang/account/fortify"
	"madang/account/keys"
	"madang/account/laravel"
	"madang/account/photo"
	"madang/account/signin"
)

// handler is all routes.
func (h *House) handler() http.Handler {
	h.t.Helper()
	web := h.web()
	api := h.api(web)
	all := web.Routes()
	for _, more := range []map[string]http.Handler{api.Routes(), h.album.Routes(), h.sockets(api.Tokens)} {
		maps.Copy(all, more)
	}
	mux := http.NewServeMux()
	for pattern, handler := range all {
		mux.Handle(pattern, handler)
	}
	mux.HandleFunc("/", web.NotFound)
	return mux
}

// web is the routes of the guard web.
func (h *House) web() *fortify.Fortify {
	h.t.Helper()
	c := fortify.Defaults()
	c.Terms, c.Privacy = "# Terms", "# Privacy"
	if h.messages != "" {
		c.Messages = h.messages
	}
	site := laravel.Site{URL: h.URL}
	f, err := fortify.New(c, fortify.Parts{
		Service: h.Members, Pages: pages{}, Box: h.seal, Album: h.album, Site: func(*http.Request) laravel.Site { return site }, Log: h.log, Now: h.Now,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return f
}

// api is the routes of the guard api. /api/user takes the session of members too, as Sanctum does for pages of its own site.
func (h *House) api(web *fortify.Fortify) *bearer.API {
	h.t.Helper()
	ring, err := keys.Open(h.t.Context(), app, keys.Defaults(), keys.Parts{Store: h.Store, Box: h.seal, Now: h.Now, Log: h.log})
	if err != nil {
		h.t.Fatal(err)
	}
	c := bearer.Defaults()
	c.Issuer = h.URL
	t, err := bearer.NewTokens(c, h.Users, ring, h.log)
	if err != nil {
		h.t.Fatal(err)
	}
	return bearer.New(t, bearer.Options{Messages: h.messages, Photo: picture, Session: func(r *http.Request) (account.Person, error) {
		who, ok, err := web.Who(r)
		if err == nil && !ok {
			err = &signin.Refusal{Class: signin.Unauthenticated, Code: signin.CodeUnauthenticated}
		}
		return who.Person, err
	}})
}

// picture is the address of somebody's photo.
func picture(p account.Person) string {
	if address := photo.URL(p.Photo); address != "" {
		return address
	}
	return photo.AvatarURL(p.Name)
}

// pages are what pages would be drawn from, as JSON.
type pages struct{}

// Page implements laravel.Pages.
func (pages) Page(w http.ResponseWriter, _ *http.Request, p laravel.Page) {
	body, err := json.Marshal(p)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	if p.Status != 0 {
		w.WriteHeader(p.Status)
	}
	_, _ = w.Write(body) // a client that is gone sees nothing
}
