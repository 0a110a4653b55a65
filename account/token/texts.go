package token

import (
	"slices"
	"strconv"
	"strings"
)

// A Language is one that refusals are written in.
type Language string

// The languages there are.
const (
	Korean  Language = "ko"
	English Language = "en"
)

// Codes of refusals, for programs. They never change.
const (
	CodeMissing = "token_missing" // the client gave no token
	CodeInvalid = "token_invalid" // the token is not good and never will be
	CodeExpired = "token_expired" // the token was good; a new one helps
)

// Text returns what people read for a code. A code that is not of this package gets the text of [CodeInvalid], a
// language that there is not gets English.
func Text(code string, l Language) string {
	switch {
	case code == CodeMissing && l == Korean:
		return "인증 토큰이 누락되었습니다."
	case code == CodeMissing:
		return "The authentication token is missing."
	case l == Korean:
		return "유효하지 않거나 만료된 토큰입니다."
	default:
		return "The token is invalid or has expired."
	}
}

// maxAccept bounds how much of a client's wish for languages is read, in bytes.
const maxAccept = 512

// Negotiate picks the language a client likes best of those there are. The argument is written as the Accept-Language
// header is (RFC 9110, section 12.5.4): "ko-KR,ko;q=0.9,en;q=0.8". Among equals the first named wins; what is not
// understood is passed over; "*" is any that is not named; when nothing fits, fallback is the answer.
func Negotiate(accept string, fallback Language) Language {
	if len(accept) > maxAccept {
		return fallback
	}
	best, most, others := fallback, 0.0, 0.0
	var named []Language
	for item := range strings.SplitSeq(accept, ",") {
		tag, weight, ok := parseRange(item)
		if !ok {
			continue
		}
		if tag == "*" {
			others = max(others, weight)
			continue
		}
		l, ok := languageOf(tag)
		if !ok {
			continue
		}
		named = append(named, l)
		if weight > most {
			best, most = l, weight
		}
	}
	if others > most {
		for _, l := range []Language{fallback, Korean, English} {
			if !slices.Contains(named, l) {
				return l
			}
		}
	}
	return best
}

// languageOf finds the language of a range such as "ko-KR".
func languageOf(tag string) (Language, bool) {
	if i := strings.IndexAny(tag, "-_"); i >= 0 {
		tag = tag[:i]
	}
	l := Language(strings.ToLower(tag))
	return l, l == Korean || l == English
}

// parseRange splits `ko-KR;q=0.9`. Without q the weight is 1.
func parseRange(item string) (tag string, weight float64, ok bool) {
	tag, params, _ := strings.Cut(item, ";")
	tag = strings.TrimSpace(tag)
	weight = 1
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(p, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		w, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil || !(w >= 0 && w <= 1) { // written so that NaN fails too
			return "", 0, false
		}
		weight = w
	}
	return tag, weight, tag != ""
}
