package rest

import (
	"cmp"
	"strconv"
	"strings"
)

// maxAccept bounds how much of a client's wish for languages is read, in bytes.
const maxAccept = 512

// language returns ko or en: the one that an Accept-Language header (RFC 9110, section 12.5.4) likes best, or fallback.
func language(accept, fallback string) string {
	best, most := fallback, 0.0
	for item := range strings.SplitSeq(accept[:min(len(accept), maxAccept)], ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(item), ";")
		lang, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		weight := 1.0
		if q, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			var err error
			if weight, err = strconv.ParseFloat(q, 64); err != nil {
				continue
			}
		}
		if (lang == "ko" || lang == "en") && weight > most {
			best, most = lang, weight
		}
	}
	return best
}

// localize gives a problem its words, unless somebody has.
func (p *Problem) localize(lang string) {
	if p.Detail != "" {
		return
	}
	words, ok := texts()[p.Code]
	if !ok {
		return
	}
	p.Detail = cmp.Or(words[lang], words["en"])
}

// texts are what people read, by code and language.
func texts() map[string]map[string]string {
	return map[string]map[string]string{
		codeNoToken:      {"ko": "인증 토큰이 누락되었습니다.", "en": "The authentication token is missing."},
		codeInvalidToken: {"ko": "유효하지 않거나 만료된 토큰입니다.", "en": "The token is invalid or has expired."},
		"token_expired":  {"ko": "유효하지 않거나 만료된 토큰입니다.", "en": "The token is invalid or has expired."},
		"forbidden":      {"ko": "권한이 없습니다.", "en": "You are not allowed to do this."},
		"not_found":      {"ko": "찾을 수 없습니다.", "en": "It could not be found."},
		"user_not_found": {"ko": "그런 사용자가 없습니다.", "en": "There is no such user."},
		codeInvalid:      {"ko": "요청이 올바르지 않습니다.", "en": "The request is not valid."},
		codeTooLarge:     {"ko": "내용이 너무 깁니다.", "en": "It is too large."},
		"conflict":       {"ko": "이미 있습니다.", "en": "It exists already."},
		"too_many":       {"ko": "요청이 너무 많습니다. 잠시 뒤에 다시 해 주세요.", "en": "Too many requests. Please try again in a moment."},
		"closed":         {"ko": "서버가 곧 멈춥니다. 다시 연결해 주세요.", "en": "This server is going away. Please connect again."},
		"timeout":        {"ko": "요청이 제때 도착하지 않았습니다.", "en": "The request did not arrive in time."},
		codeUnavailable:  {"ko": "지금은 처리할 수 없습니다. 잠시 뒤에 다시 해 주세요.", "en": "This is not possible at the moment. Please try again."},
		codeInternal:     {"ko": "서버에서 문제가 생겼습니다.", "en": "Something went wrong on the server."},
	}
}
