package photo

import (
	"bytes"
	"encoding/xml"
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"madang/account"
)

// AvatarURL returns the path of somebody's avatar. Their name is not in it, but what is seen of it.
func AvatarURL(name string) string {
	return AvatarPath + "?" + url.Values{"initials": {Initials(name)}}.Encode()
}

// Avatar returns the picture of somebody who has no photo, as SVG: the initials of their name.
func Avatar(name string) []byte { return picture(Initials(name)) }

// picture is the SVG of one or two characters.
func picture(initials string) []byte {
	var b bytes.Buffer
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256" viewBox="0 0 64 64">` +
		`<rect width="64" height="64" fill="#EBF4FF"/>` +
		`<text x="32" y="32" dy=".35em" text-anchor="middle" font-family="system-ui, sans-serif" font-size="26" fill="#3B4A8C">`)
	_ = xml.EscapeText(&b, []byte(initials)) // a Buffer takes everything
	b.WriteString(`</text></svg>`)
	return b.Bytes()
}

// Initials returns one or two characters by which people know somebody: the first of the first and the last word of their
// name; of one word the first, but of a Korean name the last two syllables, as Koreans call each other. A question mark, if
// there is no letter in the name.
func Initials(name string) string {
	if len(name) > account.MaxName {
		name = name[:account.MaxName]
	}
	var words [][]rune
	for word := range strings.FieldsSeq(name) {
		if l := letters(word); len(l) > 0 {
			words = append(words, l)
		}
	}
	switch {
	case len(words) == 0:
		return "?"
	case len(words) > 1:
		return upper(words[0][0]) + upper(words[len(words)-1][0])
	}
	w := words[0]
	if last := len(w) - 1; last > 0 && unicode.Is(unicode.Hangul, w[last-1]) && unicode.Is(unicode.Hangul, w[last]) {
		return string(w[last-1:])
	}
	return upper(w[0])
}

// letters returns the letters and digits of a text, composed: what a Korean types on a Mac may come as single jamo.
func letters(text string) []rune {
	return []rune(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return -1
	}, norm.NFC.String(strings.ToValidUTF8(text, ""))))
}

func upper(r rune) string { return string(unicode.ToUpper(r)) }

// firstTwo returns what of a request's parameter may be drawn.
func firstTwo(text string) string {
	l := letters(text[:min(len(text), 64)])
	if len(l) == 0 {
		return "?"
	}
	return string(l[:min(len(l), 2)])
}
