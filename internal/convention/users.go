package convention

import (
	"cmp"
	"slices"

	"madang"
)

// Users collapses a presence set, which is by connection, into one by user: of each user the entry that came first, in the
// order of coming. The set stays as it is.
func Users(all []madang.Member) []madang.Member {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b madang.Member) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Conn, b.Conn))
	})
	seen := make(map[string]bool, len(all))
	return slices.DeleteFunc(all, func(m madang.Member) bool {
		again := seen[m.User]
		seen[m.User] = true
		return again
	})
}
