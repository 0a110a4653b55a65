package laravel

import (
	"cmp"
	"slices"
	"strings"
)

// A prefix is what stands before the names of channels, with the Redis pattern of all channels that begin with it.
type prefix struct{ text, pattern string }

// prefixes are in the order in which they are tried: the longest first.
type prefixes []prefix

func newPrefixes(all []string) prefixes {
	texts := slices.Clone(all)
	slices.SortFunc(texts, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b))
	})
	var p prefixes
	for _, text := range slices.Compact(texts) {
		p = append(p, prefix{text, pattern(text)})
	}
	return p
}

// patterns returns what to ask Redis for.
func (p prefixes) patterns() []string {
	all := make([]string, len(p))
	for i, x := range p {
		all[i] = x.pattern
	}
	return all
}

// pattern returns the Redis pattern of all channels that begin with the text, in which * and the like stand for
// themselves.
func pattern(text string) string {
	var b strings.Builder
	for i := range len(text) {
		if strings.IndexByte(`*?[]^\`, text[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(text[i])
	}
	return b.String() + "*"
}

// cut returns the prefix of a channel, and its name without that.
func (p prefixes) cut(channel string) (by prefix, name string, ok bool) {
	for _, x := range p {
		if name, ok := strings.CutPrefix(channel, x.text); ok {
			return x, name, true
		}
	}
	return prefix{}, "", false
}
