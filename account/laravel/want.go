package laravel

import (
	"net/http"
	"strconv"
	"strings"
)

// WantsJSON reports whether a success is answered with JSON: the type that the client likes best is one of JSON's
// (Request::wantsJson).
func WantsJSON(r *http.Request) bool {
	best, ok := preferred(r)
	return ok && (strings.Contains(best, "/json") || strings.Contains(best, "+json"))
}

// ExpectsJSON reports whether an error is answered with JSON: also for a script that takes any type (Request::expectsJson).
func ExpectsJSON(r *http.Request) bool {
	return ajax(r) && r.Header.Get("X-Pjax") == "" && acceptsAny(r) || WantsJSON(r)
}

func ajax(r *http.Request) bool { return r.Header.Get("X-Requested-With") == "XMLHttpRequest" }

func acceptsAny(r *http.Request) bool {
	best, ok := preferred(r)
	return !ok || best == "*/*" || best == "*"
}

// preferred returns the first of the types with the highest quality; ok is false if the client names none.
func preferred(r *http.Request) (best string, ok bool) {
	most := 0.0
	for item := range strings.SplitSeq(strings.Join(r.Header.Values("Accept"), ","), ",") {
		name, params, _ := strings.Cut(item, ";")
		if name = strings.ToLower(strings.TrimSpace(name)); name == "" {
			continue
		}
		if q := quality(params); !ok || q > most {
			best, most, ok = name, q, true
		}
	}
	return best, ok
}

// quality is the parameter q; what is no number is nought, as in PHP.
func quality(params string) float64 {
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			q, _ := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return q
		}
	}
	return 1
}
