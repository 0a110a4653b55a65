// Package words is what people are told by accounts: why a form was refused, and what came of it. The English ones are word for
// word Laravel's, because clients show and tests compare them: those of version 8 or those of version 10 and later, which
// speak of "the email field". The Korean ones are this project's own.
package words

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Language is one that people are spoken to in.
type Language string

// Languages.
const (
	English Language = "en"
	Korean  Language = "ko"
)

// A Profile is whose English words are used.
type Profile string

// Profiles.
const (
	Laravel8  Profile = "laravel8"
	Laravel10 Profile = "laravel10"
)

// A Speaker says things in a language. The zero value speaks the English of Laravel 10.
type Speaker struct {
	Language Language
	Profile  Profile
}

// Say returns a text, with its placeholders (":max") replaced by pairs of a name and a value. An attribute, the name of a
// form's field, is said as people call it.
func (s Speaker) Say(key Key, pairs ...string) string {
	t := texts()[key]
	text := t.now
	switch {
	case s.Language == Korean:
		text = t.ko
	case s.Profile == Laravel8 && t.old != "":
		text = t.old
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		value := pairs[i+1]
		if pairs[i] == "attribute" {
			value = s.attribute(value)
		}
		text = insert(text, ":"+pairs[i], value)
	}
	return text
}

// Number is a value of a placeholder.
func Number[N int | int64](n N) string { return strconv.FormatInt(int64(n), 10) }

// attribute is what a field is called: in English its name with spaces, as Laravel does.
func (s Speaker) attribute(field string) string {
	if s.Language == Korean {
		if name, ok := fields()[field]; ok {
			return name
		}
	}
	return strings.ReplaceAll(field, "_", " ")
}

// insert replaces a placeholder. A particle after it in the form "을(를)" becomes the one that fits the value.
func insert(text, placeholder, value string) string {
	before, after, ok := strings.Cut(text, placeholder)
	if !ok {
		return text
	}
	particle := ""
	for _, p := range [...]struct{ both, closed, open string }{
		{"을(를)", "을", "를"}, {"이(가)", "이", "가"}, {"은(는)", "은", "는"},
	} {
		if rest, ok := strings.CutPrefix(after, p.both); ok {
			if after, particle = rest, p.open; closed(value) {
				particle = p.closed
			}
		}
	}
	return before + value + particle + insert(after, placeholder, value)
}

// closed reports whether a Korean word ends with a consonant, which decides the particle after it.
func closed(word string) bool {
	r, _ := utf8.DecodeLastRuneInString(word)
	switch {
	case r >= '가' && r <= '힣':
		return (r-'가')%28 != 0
	case r >= '0' && r <= '9':
		return strings.ContainsRune("013678", r) // 영, 일, 삼, 육, 칠, 팔
	}
	return strings.ContainsRune("lmnrLMNR", r) // 엘, 엠, 엔, 알
}
