// Package thismachine keeps what is for developers to the machine they sit at.
//
// A request gets through if it comes from the same machine, under a name of that machine, and not from a page of another
// origin. A page that asks with somebody else's browser, by whatever trick with names, gets nothing.
package thismachine

import (
	"net"
	"net/http"
	"strings"
)

// Only lets requests of this machine through to a handler and refuses others with 403. What is what they wanted, for the
// text: "development sign-in is", for example. Answers are never kept by browsers.
func Only(what string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if !Local(r) {
			http.Error(w, what+" for this machine alone", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Local reports whether a request comes from this machine, to a name of it, and from no other page than its own.
func Local(r *http.Request) bool {
	if !loopback(r.RemoteAddr) || !loopback(r.Host) {
		return false
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	origin := r.Header.Get("Origin")
	return origin == "" || origin == "http://"+r.Host || origin == "https://"+r.Host
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
