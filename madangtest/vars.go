package madangtest

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// vars are the texts that {{names}} of a transcript stand for.
type vars map[string]string

var placeholder = regexp.MustCompile(`\{\{(\*|\w+)\}\}`)

// fill puts the known texts in.
func (v vars) fill(line string) string {
	return placeholder.ReplaceAllStringFunc(line, func(p string) string {
		if text, known := v[p[2:len(p)-2]]; known {
			return text
		}
		return p
	})
}

// match compares a line with a pattern, and learns the texts of new names if it fits.
func (v vars) match(pattern, line string) bool {
	var expr strings.Builder
	var names []string
	at := 0
	for _, m := range placeholder.FindAllStringSubmatchIndex(pattern, -1) {
		expr.WriteString(regexp.QuoteMeta(pattern[at:m[0]]))
		at = m[1]
		name := pattern[m[2]:m[3]]
		if text, known := v[name]; known {
			expr.WriteString(regexp.QuoteMeta(text))
			continue
		}
		expr.WriteString(`(.*?)`)
		names = append(names, name)
	}
	expr.WriteString(regexp.QuoteMeta(pattern[at:]))
	found := regexp.MustCompile(`(?s)^` + expr.String() + `$`).FindStringSubmatch(line)
	if found == nil {
		return false
	}
	learned := vars{}
	for i, name := range names {
		if text, twice := learned[name]; twice && name != "*" && text != found[i+1] {
			return false
		}
		learned[name] = found[i+1]
	}
	delete(learned, "*")
	maps.Copy(v, learned)
	return true
}

// hide puts the names back, the longest texts first: what a server made up differs the next time.
func (v vars) hide(line string) string {
	names := make([]string, 0, len(v))
	for name, text := range v {
		if text != "" {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(len(v[b])-len(v[a]), strings.Compare(a, b)) })
	for _, name := range names {
		line = strings.ReplaceAll(line, v[name], "{{"+name+"}}")
	}
	return line
}
