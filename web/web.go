// Package web serves the pages: the built files of ui/, embedded in the binary, and the account pages, which are one of those
// files with what each of them shows put into it.
//
//	web.go       the files
//	account.go   the account pages
//	download.go  the page of a host where nobody signs in
//	mail.go      the page with the mails of development
//	devices.go   the pages of devices at home
package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"madang/internal/inertia"
)

//go:embed all:dist
var dist embed.FS

// Config is the section web of the configuration.
type Config struct {
	// Enabled serves the pages at the root of the server.
	Enabled bool `yaml:"enabled"`
}

// Defaults returns the configuration of a server that was given none.
func Defaults() Config { return Config{Enabled: true} }

// Pages are the pages of the server.
type Pages struct {
	files   map[string]*file
	account *inertia.Shell
	front   *template.Template // see download.go
	mail    *file
	devices map[string]*file // by the names they are built as; see devices.go
	missing http.Handler
}

// A file is one built file, ready to be sent.
type file struct {
	body, zipped []byte // zipped is nil where that saves nothing
	contentType  string
	etag         string
	forever      bool // its name has a hash of its content
}

// New reads the embedded pages.
func New(context.Context) (*Pages, error) {
	root, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	return newPages(root)
}

func newPages(root fs.FS) (*Pages, error) {
	p := &Pages{files: map[string]*file{}}
	err := fs.WalkDir(root, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		body, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		p.files["/"+name] = newFile(name, body)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("web: read the embedded pages: %w", err)
	}
	index := p.files["/index.html"]
	if index == nil {
		return nil, fmt.Errorf("web: the binary was built without pages: run make ui, then build it again")
	}
	p.files["/"] = index
	return p, p.takeShells()
}

// takeShells makes what is no page by itself out of the files it is built as.
func (p *Pages) takeShells() error {
	var err error
	if p.account, err = inertia.NewShell(p.take("/account.html").body); err != nil {
		return fmt.Errorf("web: the built account.html: %w", err)
	}
	if p.front, err = template.New("download").Parse(string(p.take("/download.html").body)); err != nil {
		return fmt.Errorf("web: the built download.html: %w", err)
	}
	p.mail = p.take("/mail.html")
	p.devices = map[string]*file{}
	for _, name := range devicePages() {
		p.devices[name] = p.take(name)
	}
	return nil
}

// take removes a file from those that are served under their names.
func (p *Pages) take(name string) *file {
	f := p.files[name]
	delete(p.files, name)
	if f == nil {
		return new(file)
	}
	return f
}

func newFile(name string, body []byte) *file {
	sum := sha256.Sum256(body)
	f := &file{
		body: body, contentType: mime.TypeByExtension(path.Ext(name)), etag: `"` + hex.EncodeToString(sum[:8]) + `"`,
		forever: strings.HasPrefix(name, "assets/"),
	}
	if f.contentType == "" {
		f.contentType = http.DetectContentType(body)
	}
	var z bytes.Buffer
	w, _ := gzip.NewWriterLevel(&z, gzip.BestCompression) // the level exists
	_, _ = w.Write(body)                                  // into memory: cannot fail
	_ = w.Close()
	if z.Len() < len(body)*9/10 {
		f.zipped = z.Bytes()
	}
	return f
}

// Routes returns the patterns of the pages.
func (p *Pages) Routes() map[string]http.Handler { return map[string]http.Handler{"/": p} }

// policy lets a page load nothing but what this server serves, and run no script that stands in the page itself.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// ServeHTTP implements http.Handler.
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := p.files[r.URL.Path]
	if f == nil {
		p.notFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "pages can only be read", http.StatusMethodNotAllowed)
		return
	}
	if inertia.Asked(r) {
		// The scripts of an account page were sent here, as after a sign-in: this is none of their pages.
		inertia.Location(w, r.URL.RequestURI())
		return
	}
	f.serve(w, r, policy)
}

// Missing says what answers a browser that looks for a page which is not there; without it, it is a line of text. It is to be
// called before the first request.
func (p *Pages) Missing(h http.Handler) { p.missing = h }

func (p *Pages) notFound(w http.ResponseWriter, r *http.Request) {
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	if p.missing == nil || !reads || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		http.NotFound(w, r) // a script or an image gains nothing by a page
		return
	}
	p.missing.ServeHTTP(w, r)
}

// harden sets what keeps a page from loading anything but what a policy allows, and from telling others where it is.
func harden(h http.Header, policy string) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	if h.Get("Referrer-Policy") == "" {
		h.Set("Referrer-Policy", "no-referrer")
	}
}

func (f *file) serve(w http.ResponseWriter, r *http.Request, policy string) {
	h := w.Header()
	harden(h, policy)
	h.Set("Content-Type", f.contentType)
	h.Add("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	if f.forever {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body, etag := f.body, f.etag
	if f.zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		body, etag = f.zipped, strings.TrimSuffix(f.etag, `"`)+`-gz"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) //nolint:gosec // an embedded file, or a page made of the operator's own words; a client that is gone hears nothing
}
