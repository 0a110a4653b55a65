// Package inertia is the server's side of the Inertia protocol, as @inertiajs/core 3 speaks it: a browser's first request
// gets a whole page with what it shows as JSON inside, and every later one, by the page's own scripts, gets only the JSON.
//
// What a request asks for, and what it gets:
//
//	no X-Inertia                     the shell, with the page in <script type="application/json" data-page="app">
//	X-Inertia: true                  the page as JSON, with X-Inertia: true
//	X-Inertia-Version is another     409 and X-Inertia-Location: the browser loads everything anew (GET only)
//	X-Inertia-Partial-Component,     only some of the props, if it is still the same component: those that
//	-Partial-Data, -Partial-Except   Partial-Data names, without those that Partial-Except names
//
// Redirects after PUT, PATCH and DELETE have to be 303, or the browser repeats the method; that is for whoever redirects.
package inertia

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Headers of the protocol.
const (
	Header          = "X-Inertia"
	headerVersion   = "X-Inertia-Version"
	headerLocation  = "X-Inertia-Location"
	headerComponent = "X-Inertia-Partial-Component"
	headerOnly      = "X-Inertia-Partial-Data"
	headerExcept    = "X-Inertia-Partial-Except"
)

// Marker is where a shell gets its page. It stands before the element that the page is shown in.
const Marker = "<!--inertia-->"

// The element that the client reads its first page from (getInitialPageFromDOM).
const (
	open = `<script type="application/json" data-page="app">`
	shut = `</script>`
)

// A Page is what is shown.
type Page struct {
	Component string         // its name among the shell's components
	Props     map[string]any // must be JSON; "errors" is always sent, if need be empty
	Flash     map[string]any // shown once: the browser does not keep it when somebody goes back to the page
	// Private keeps the browser's history of this page unreadable once somebody has signed out: props are encrypted there,
	// where the browser can do that (over https, or on the same machine).
	Private bool
	// Forget makes everything that was Private unreadable from now on.
	Forget bool
}

// object is the page object of the protocol.
type object struct {
	Component      string         `json:"component"`
	Props          map[string]any `json:"props"`
	URL            string         `json:"url"`
	Version        string         `json:"version"`
	Flash          map[string]any `json:"flash"`
	EncryptHistory bool           `json:"encryptHistory"`
	ClearHistory   bool           `json:"clearHistory"`
}

// A Shell is the HTML around pages. It is safe for concurrent use.
type Shell struct {
	before, after []byte
	version       string
}

// NewShell returns the shell of some HTML with the Marker in it. Its version follows from the HTML, which therefore has to
// name its scripts and styles by their content.
func NewShell(html []byte) (*Shell, error) {
	before, after, ok := bytes.Cut(html, []byte(Marker))
	if !ok || bytes.Contains(after, []byte(Marker)) {
		return nil, errors.New("inertia: the shell must have " + Marker + " once")
	}
	sum := sha256.Sum256(html)
	return &Shell{before: before, after: after, version: hex.EncodeToString(sum[:8])}, nil
}

// Version is what X-Inertia-Version says in requests of pages that are not outdated.
func (s *Shell) Version() string { return s.version }

// Render answers a request with a page. An error says that the page cannot be JSON; then nothing has been written.
func (s *Shell) Render(w http.ResponseWriter, r *http.Request, status int, p Page) error {
	if s.Outdated(r) {
		Location(w, here(r))
		return nil
	}
	o := object{Component: p.Component, Props: props(r, p), URL: here(r), Version: s.version, Flash: p.Flash,
		EncryptHistory: p.Private, ClearHistory: p.Forget}
	if o.Flash == nil {
		o.Flash = map[string]any{}
	}
	// Marshal escapes <, > and &: nothing in the page can end the element that it stands in, or begin another.
	body, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("inertia: page %s: %w", p.Component, err)
	}
	h := w.Header()
	h.Add("Vary", Header)
	if Asked(r) {
		h.Set(Header, "true")
		h.Set("Content-Type", "application/json")
	} else {
		h.Set("Content-Type", "text/html; charset=utf-8")
		body = bytes.Join([][]byte{s.before, []byte(open), body, []byte(shut), s.after}, nil)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that is gone hears nothing
	return nil
}

// Asked reports whether a request is one of a page's scripts.
func Asked(r *http.Request) bool { return r.Header.Get(Header) == "true" }

// Outdated reports whether the page that asks was loaded with other scripts than those of the shell.
func (s *Shell) Outdated(r *http.Request) bool {
	return Asked(r) && (r.Method == http.MethodGet || r.Method == http.MethodHead) && r.Header.Get(headerVersion) != s.version
}

// Location tells a page's scripts to let the browser load an address as if somebody had entered it: one outside of the pages,
// or of a page that is outdated. The address must be the server's own choice.
func Location(w http.ResponseWriter, url string) {
	w.Header().Add("Vary", Header)
	w.Header().Set(headerLocation, url)
	w.WriteHeader(http.StatusConflict)
}

// here returns the path and query of a request. A path that begins with two slashes would name a host.
func here(r *http.Request) string {
	url := "/" + strings.TrimLeft(r.URL.EscapedPath(), "/")
	if r.URL.RawQuery != "" {
		url += "?" + r.URL.RawQuery
	}
	return url
}
