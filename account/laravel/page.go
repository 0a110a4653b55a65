package laravel

import "net/http"

// A Page is one for people, by the name that Jetstream has for its component.
type Page struct {
	Status    int    // 0: 200
	Component string // such as "Auth/Login", "Admin/Auth/Login", "Profile/Show" or "Error"
	// Props are what it shows, those that all pages share among them. See Fortify's routes for which there are.
	Props map[string]any
}

// Pages makes pages. Headers that are set already, cookies among them, must be kept.
type Pages interface {
	Page(w http.ResponseWriter, r *http.Request, p Page)
}
