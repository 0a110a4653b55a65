package gate

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"madang"
)

// A Holder is a person as somebody who has rights for a guard.
type Holder struct {
	App    string
	Guard  string
	Person int64
}

// holder returns whose rights a principal has; ok is false for nobody in particular, and for the users of guards who are not
// people of the account store. An id counts only as people's ids are written: "01" and "+1" are not the person 1, or one
// person would have several names.
func (g *Gate) holder(p *madang.Principal) (h Holder, ok bool) {
	if p == nil || g.config.knowsGuard(p.Guard) != nil {
		return h, false
	}
	id, err := strconv.ParseInt(p.User, 10, 64)
	if err != nil || id <= 0 || strconv.FormatInt(id, 10) != p.User {
		return h, false
	}
	return Holder{App: p.App, Guard: p.Guard, Person: id}, true
}

// printable reports whether a text is UTF-8 without control characters.
func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
