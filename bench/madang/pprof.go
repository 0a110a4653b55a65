package main

import (
	"net/http"
	"net/http/pprof"
	"time"
)

// profile serves the profiler, for whoever wants to know where the time goes.
func profile(addr string) {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	srv := &http.Server{Addr: addr, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	_ = srv.ListenAndServe() // without it the measuring goes on all the same
}
