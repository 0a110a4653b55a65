package laravel

import (
	"net/http"
	"strings"

	"madang/account/words"
)

// LocaleCookie is the name of the cookie in which pages keep a language that was chosen.
const LocaleCookie = "locale"

// Language returns the language of a request: the one that was chosen on a page, that of the person (empty: none, or it is not
// known who asks), the one that the browser asks for, or else another. What somebody chose in this very browser goes first, or
// its pages would speak one language and the texts in them another.
func Language(r *http.Request, person string, other words.Language) words.Language {
	if c, err := r.Cookie(LocaleCookie); err == nil {
		if l, ok := language(c.Value); ok {
			return l
		}
	}
	if l, ok := language(person); ok {
		return l
	}
	best, most := other, 0.0
	for item := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, params, _ := strings.Cut(item, ";")
		primary, _, _ := strings.Cut(strings.TrimSpace(tag), "-")
		l, ok := language(strings.ToLower(primary))
		if q := quality(params); ok && q > most {
			best, most = l, q
		}
	}
	return best
}

func language(name string) (words.Language, bool) {
	switch l := words.Language(name); l {
	case words.English, words.Korean:
		return l, true
	}
	return "", false
}
