package inertia

import (
	"maps"
	"net/http"
	"strings"
)

// maxNames is how many props a request can name; no page has as many.
const maxNames = 64

// props returns those props of a page that a request asks for.
//
// A request may name a part of a prop, such as user.name. It gets the whole of it: the client merges what it gets into what
// it has.
func props(r *http.Request, p Page) map[string]any {
	all := make(map[string]any, len(p.Props)+1)
	maps.Copy(all, p.Props)
	if all["errors"] == nil {
		all["errors"] = map[string]any{}
	}
	if !Asked(r) || r.Header.Get(headerComponent) != p.Component {
		return all
	}
	errors := all["errors"]
	if only := r.Header.Get(headerOnly); only != "" {
		some := make(map[string]any)
		for name := range names(only) {
			name, _, _ = strings.Cut(name, ".")
			if v, ok := all[name]; ok {
				some[name] = v
			}
		}
		all = some
	}
	for name := range names(r.Header.Get(headerExcept)) {
		delete(all, name)
	}
	all["errors"] = errors
	return all
}

// names yields the names of a list in a header.
func names(list string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		n := 0
		for name := range strings.SplitSeq(list, ",") {
			if name = strings.TrimSpace(name); name == "" {
				continue
			}
			if n++; n > maxNames || !yield(name) {
				return
			}
		}
	}
}
