package judge

import (
	"fmt"
	"slices"
	"strings"
)

// difference says how two lists of names differ.
func difference(want, got string, looked bool) string {
	if !looked {
		return "was not asked"
	}
	if strings.HasPrefix(got, "? ") {
		return "no answer: " + got[2:]
	}
	wanted, seen := strings.Fields(want), strings.Fields(got)
	lacks := slices.DeleteFunc(slices.Clone(wanted), func(n string) bool { return slices.Contains(seen, n) })
	ghosts := slices.DeleteFunc(slices.Clone(seen), func(n string) bool { return slices.Contains(wanted, n) })
	return fmt.Sprintf("%d of %d; lacks %v, sees %v that are not there", len(seen), len(wanted), lacks, ghosts)
}
