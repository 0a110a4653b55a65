package laravel

import (
	"net/http"
	"net/url"
	"strings"
)

// A Site is one of the faces of a server: a host of its own, such as that of administrators, or the only one.
type Site struct {
	Name   string // "admin", "partner"; empty: the base
	URL    string // what its addresses begin with, such as https://admin.example.com; configured, never from a request
	Prefix string // of the names of its pages for signing in, such as Admin for Admin/Auth/Login; empty: the usual ones
	Home   string // the path that people come to after they have signed in; empty: "/"
}

// HomePath returns the path that people come to after they have signed in.
func (s Site) HomePath() string {
	if LocalPath(s.Home) {
		return s.Home
	}
	return "/"
}

// Component returns the name of one of its pages for signing in.
func (s Site) Component(name string) string {
	if s.Prefix == "" {
		return name
	}
	return s.Prefix + "/" + name
}

// Secure reports whether the site is reached by https.
func (s Site) Secure() bool { return strings.HasPrefix(s.URL, "https://") }

// maxPath is the longest path that somebody is sent to, in bytes.
const maxPath = 2048

// LocalPath reports whether a text is a path on the same host, whatever a browser makes of it: "//example.com",
// "/\example.com" and "/<tab>/example.com" are other hosts to one.
func LocalPath(path string) bool {
	if !strings.HasPrefix(path, "/") || len(path) > maxPath || strings.HasPrefix(path, "//") {
		return false
	}
	for i := range len(path) {
		if c := path[i]; c <= ' ' || c == '\\' || c >= 0x7f {
			return false
		}
	}
	u, err := url.Parse(path)
	return err == nil && u.Host == "" && u.Scheme == ""
}

// Back returns the path of the page that a request came from, if that is one of the site; another otherwise.
func (s Site) Back(r *http.Request, other string) string {
	u, err := url.Parse(r.Header.Get("Referer"))
	if err != nil || u.Scheme+"://"+u.Host != strings.TrimRight(s.URL, "/") {
		return other
	}
	path := (&url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}).String()
	if !LocalPath(path) {
		return other
	}
	return path
}

// Redirect sends a browser to a path of the same host, or where it cannot be one, to "/". After PUT, PATCH and DELETE the status is
// 303, or the browser would ask for the page with the same method.
func Redirect(w http.ResponseWriter, method, path string) {
	if !LocalPath(path) {
		path = "/"
	}
	status := http.StatusFound
	switch method {
	case http.MethodPut, http.MethodPatch, http.MethodDelete:
		status = http.StatusSeeOther
	}
	Private(w.Header())
	w.Header().Set("Location", path)
	w.WriteHeader(status)
}
