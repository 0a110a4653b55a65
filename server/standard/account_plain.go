package standard

import (
	"fmt"
	"html"
	"net/http"

	"madang/account/laravel"
)

// plainPages is for servers without pages (web.enabled: false), whose clients show their own: what would be a page is not
// there, and what went wrong is said in a line.
type plainPages struct{}

// Page implements laravel.Pages.
func (plainPages) Page(w http.ResponseWriter, _ *http.Request, p laravel.Page) {
	status := p.Status
	if status < http.StatusBadRequest {
		status = http.StatusNotFound
	}
	http.Error(w, http.StatusText(status), status)
}

// plainPage is the page at the base of such a server: the product and where it can be had.
func (a *accounts) plainPage(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	product := html.EscapeString(a.config.Product)
	fmt.Fprintf(w, "<!doctype html><html lang=%q><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>%s</title><h1>%s</h1>\n",
		a.config.Locale, product, product)
	for _, d := range a.config.Page.Downloads {
		fmt.Fprintf(w, "<p><a href=\"%s\">%s</a></p>\n", html.EscapeString(d.URL), html.EscapeString(d.Name))
	}
}
