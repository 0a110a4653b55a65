package laravel

import "net/http"

// method is what a request asks for. Browsers' forms know only POST, so a field _method, a parameter of that name or the header
// X-HTTP-Method-Override can make PUT, PATCH or DELETE of it, and of no other method anything: a POST that passed for a GET
// would slip past the checks against forged requests, and a GET that passed for more would too.
func method(r *http.Request, in *Input) string {
	if r.Method != http.MethodPost {
		return r.Method
	}
	name := r.Header.Get("X-HTTP-Method-Override")
	if name == "" {
		name = in.Text("_method")
	}
	if name == "" {
		name = r.URL.Query().Get("_method")
	}
	for _, m := range [...]string{http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if equalFold(name, m) {
			return m
		}
	}
	return r.Method
}

// equalFold compares with a method in ASCII alone: "PATCH" has no other spelling.
func equalFold(s, upper string) bool {
	if len(s) != len(upper) {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != upper[i] {
			return false
		}
	}
	return true
}
