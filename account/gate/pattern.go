package gate

import (
	"fmt"
	"strings"

	"madang"
)

// fits reports whether a channel's name fits a pattern. A * stands for one or more characters other than a dot, as {id} in
// Laravel's routes/channels.php. There is at most one between two dots.
func fits(pattern, name string) bool {
	for {
		p, pRest, pMore := strings.Cut(pattern, ".")
		n, nRest, nMore := strings.Cut(name, ".")
		if !segmentFits(p, n) || pMore != nMore {
			return false
		}
		if !pMore {
			return true
		}
		pattern, name = pRest, nRest
	}
}

func segmentFits(pattern, name string) bool {
	begin, end, open := strings.Cut(pattern, "*")
	if !open {
		return pattern == name
	}
	return len(name) > len(begin)+len(end) && strings.HasPrefix(name, begin) && strings.HasSuffix(name, end)
}

// validPattern reports what is wrong with a pattern.
func validPattern(pattern string) error {
	if err := (madang.Channel{Name: pattern}).Validate(); err != nil {
		return err
	}
	for segment := range strings.SplitSeq(pattern, ".") {
		if strings.Count(segment, "*") > 1 {
			return fmt.Errorf("the pattern %q has more than one * between two dots", pattern)
		}
	}
	return nil
}
