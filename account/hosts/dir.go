package hosts

import (
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"strings"
)

// A Dir is a folder with a page of the operator's own.
type Dir struct{ root *os.Root }

// OpenDir opens a folder, which must have an index.html. No name and no symbolic link leads out of it.
func OpenDir(folder string) (*Dir, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	if _, err := root.Stat("index.html"); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return &Dir{root}, nil
}

// Close lets go of the folder.
func (d *Dir) Close() error { return d.root.Close() }

// ServeHTTP implements http.Handler: files by their names, and index.html for folders. There are no lists of what is in a
// folder, and what begins with a dot is not there.
func (d *Dir) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "this page can only be read", http.StatusMethodNotAllowed)
		return
	}
	name, ok := named(r.URL.Path)
	if !ok {
		http.NotFound(w, r)
		return
	}
	f, info, err := d.open(name)
	if err == nil && info.IsDir() {
		_ = f.Close() // nothing was read
		if !strings.HasSuffix(r.URL.Path, "/") {
			w.Header().Set("Location", path.Base(r.URL.Path)+"/") // as in the page's own links
			w.WriteHeader(http.StatusMovedPermanently)
			return
		}
		f, info, err = d.open(path.Join(name, "index.html"))
	}
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer func() { _ = f.Close() }() // it was only read
	if !info.Mode().IsRegular() {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", kind(info.Name()))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache") // with the time of the file
	http.ServeContent(w, r, info.Name(), info.ModTime(), f)
}

func (d *Dir) open(name string) (io.ReadSeekCloser, fs.FileInfo, error) {
	// A pipe would wait for its other end: what is no file is not opened.
	if info, err := d.root.Stat(name); err != nil || !info.IsDir() && !info.Mode().IsRegular() {
		return nil, nil, fs.ErrNotExist
	}
	f, err := d.root.Open(name)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, info, nil
}

// named returns the name of a file in the folder.
func named(p string) (string, bool) {
	if !strings.HasPrefix(p, "/") || strings.ContainsAny(p, "\\\x00") {
		return "", false
	}
	for part := range strings.SplitSeq(p, "/") {
		if strings.HasPrefix(part, ".") {
			return "", false
		}
	}
	name := strings.TrimPrefix(path.Clean(p), "/")
	if name == "" {
		name = "."
	}
	return name, true
}

// kind is the type of a file, by the end of its name and never by what is in it.
func kind(name string) string {
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}
