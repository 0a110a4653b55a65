package socketio

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"net/http"
	"path"
	"time"
)

// The client libraries as their authors publish them (MIT): socket.io-client 4.8.4, and 2.5.0 for pages that ask for it.
//
//go:embed bundle
var bundleFiles embed.FS

// A bundle is one file of them.
type bundle struct {
	data []byte
	etag string
}

// bundles serves the client libraries: socket.io.js is the current one; socket.io.js?v=2, or v2/socket.io.js, is the one
// for pages that were written for Socket.IO 2 (Laravel Echo's documentation among them).
func bundles() (http.Handler, error) {
	files := map[string]bundle{}
	err := fs.WalkDir(bundleFiles, "bundle", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := bundleFiles.ReadFile(name)
		sum := sha256.Sum256(data)
		files[name] = bundle{data, `"` + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`}
		return err
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		dir, name := path.Split(r.URL.Path)
		version := "v4"
		if path.Base(dir) == "v2" || r.URL.Query().Get("v") == "2" {
			version = "v2"
		}
		f, ok := files["bundle/"+version+"/"+name]
		if !ok || path.Ext(name) != ".js" {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "application/javascript; charset=utf-8")
		h.Set("Cache-Control", "public, max-age=86400")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("ETag", f.etag)
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(f.data))
	}), err
}
