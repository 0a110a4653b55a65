package socketio

import (
	"embed"
	"io/fs"
	"net/http"
	"path"

	"madang/dialect/socketio/carrier"
)

// The client libraries as their authors publish them (MIT): socket.io-client 4.8.4, and 2.5.0 for pages that ask for it.
//
//go:embed bundle
var bundleFiles embed.FS

// bundles serves the client libraries: socket.io.js is the current one; socket.io.js?v=2, or v2/socket.io.js, is the one
// for pages that were written for Socket.IO 2 (Laravel Echo's documentation among them).
func bundles(carrier.Config) http.Handler {
	files, err := fs.Sub(bundleFiles, "bundle")
	if err != nil {
		panic(err) // the directory is embedded
	}
	serve := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		dir, name := path.Split(r.URL.Path)
		version := "v4"
		if path.Base(dir) == "v2" || r.URL.Query().Get("v") == "2" {
			version = "v2"
		}
		if _, err := fs.Stat(files, version+"/"+name); err != nil || name == "" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=86400")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		r2 := r.Clone(r.Context())
		r2.URL.Path = "/" + version + "/" + name
		serve.ServeHTTP(w, r2)
	})
}
