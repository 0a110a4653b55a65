package socketio

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"net/http"
	"path"
)

// The client libraries as their authors publish them (MIT): socket.io-client 4.8.4, and 2.5.0 for pages that ask for it.
//
//go:embed bundle
var bundleFiles embed.FS

// bundles serves the client libraries: socket.io.js is the current one; socket.io.js?v=2, or v2/socket.io.js, is the one
// for pages that were written for Socket.IO 2 (Laravel Echo's documentation among them).
func bundles() (http.Handler, error) {
	etags := map[string]string{}
	err := fs.WalkDir(bundleFiles, "bundle", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := bundleFiles.ReadFile(name)
		sum := sha256.Sum256(data)
		etags[name] = `"` + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`
		return err
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		dir, name := path.Split(r.URL.Path)
		version := "v4"
		if path.Base(dir) == "v2" || r.URL.Query().Get("v") == "2" {
			version = "v2"
		}
		file := "bundle/" + version + "/" + name
		if etags[file] == "" || path.Ext(name) != ".js" {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "application/javascript; charset=utf-8")
		h.Set("Cache-Control", "public, max-age=86400")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("ETag", etags[file])
		http.ServeFileFS(w, r, bundleFiles, file) //nolint:gosec // one of the embedded files: it has an ETag
	}), err
}
