package rest

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
)

// A link leads to another page of a list. Clients read it with ^\s*<(.+)>;\s*rel="(\w+)"$ and ^\.\/(\w+)\?(.*)$, after they
// have split several at commas: it is relative to the last segment of the path, and a comma in it is escaped.
type link struct{ rel, target string }

func (l link) String() string { return "<" + l.target + `>; rel="` + l.rel + `"` }

// cursorName is the parameter that says where a page begins.
const cursorName = "cursor"

// links returns those of a page. next is the cursor of the page behind it; empty if there is none.
func (c *call) links(next string) []link {
	path := strings.TrimRight(c.r.URL.Path, "/")
	last := path[strings.LastIndexByte(path, '/')+1:]
	to := func(rel, cursor string) link {
		q := url.Values{}
		for name, values := range c.query {
			switch name {
			case "key", "access_token", "accessToken", "envelope", "rnd", "format", cursorName: // each request has its own
			default:
				q[name] = values
			}
		}
		if q.Get("limit") == "" {
			q.Set("limit", strconv.Itoa(min(defaultPage, c.api.cfg.MaxPage)))
		}
		if cursor != "" {
			q.Set(cursorName, cursor)
		}
		return link{rel, "./" + last + "?" + q.Encode()}
	}
	all := []link{to("first", ""), to("current", c.query.Get(cursorName))}
	if next != "" {
		all = append(all, to("next", next))
	}
	return all
}

// cursorOf and afterCursor are for lists that are sorted by a text.
func cursorOf(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(key)) }

func afterCursor(cursor string) (key string, err error) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return "", badParameter(cursorName, "it is not one that this server gave")
	}
	return string(b), nil
}

// cut returns what of a list that is sorted by a key belongs to the page, and the cursor of the next.
func cut[T any](all []T, key func(*T) string, after string, limit int) (page []T, next string) {
	from := 0
	for after != "" && from < len(all) && key(&all[from]) <= after {
		from++
	}
	page = all[from:]
	if len(page) > limit {
		page = page[:limit]
		next = cursorOf(key(&page[limit-1]))
	}
	return page, next
}
