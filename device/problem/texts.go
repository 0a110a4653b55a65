package problem

import (
	"cmp"
	"strconv"
	"strings"
)

// maxAccept bounds how much of a client's wish for languages is read, in bytes.
const maxAccept = 512

// Language returns ko or en: the one that an Accept-Language header (RFC 9110, section 12.5.4) likes best, or fallback.
func Language(accept, fallback string) string {
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

// Localize gives the problem its words in ko or en, unless it has some.
func (p *Problem) Localize(lang string) *Problem {
	if p.Detail == "" {
		words := texts()[p.Code]
		p.Detail = cmp.Or(words[lang], words["en"])
	}
	return p
}

// texts are what people read, by code and language.
func texts() map[string]map[string]string {
	return map[string]map[string]string{
		CodeNoToken:      {"ko": "인증 토큰이 누락되었습니다.", "en": "The authentication token is missing."},
		CodeInvalidToken: {"ko": "유효하지 않거나 만료된 토큰입니다.", "en": "The token is invalid or has expired."},
		"token_expired":  {"ko": "유효하지 않거나 만료된 토큰입니다.", "en": "The token is invalid or has expired."},
		CodeForbidden:    {"ko": "권한이 없습니다.", "en": "You are not allowed to do this."},
		CodeNotFound:     {"ko": "찾을 수 없습니다.", "en": "It could not be found."},
		CodeInvalid:      {"ko": "요청이 올바르지 않습니다.", "en": "The request is not valid."},
		CodeTooLarge:     {"ko": "내용이 너무 큽니다.", "en": "It is too large."},
		CodeTooMany:      {"ko": "너무 많습니다. 잠시 뒤에 다시 해 주세요.", "en": "Too many. Please try again later."},
		CodeChanged:      {"ko": "그사이에 바뀌었습니다. 다시 확인해 주세요.", "en": "It has changed since you saw it. Please look again."},
		"conflict":       {"ko": "그사이에 바뀌었거나 이미 있습니다.", "en": "It has changed in the meantime, or exists already."},
		"hub_away":       {"ko": "허브가 연결되어 있지 않습니다.", "en": "The hub is not connected."},
		"hub_locked":     {"ko": "잠겨 있습니다. 허브의 버튼을 눌러 주세요.", "en": "It is locked. Please press the button on the hub."},
		"no_display":     {"ko": "허브의 화면이 연결되어 있지 않습니다.", "en": "The hub's display is not connected."},
		"code_wrong":     {"ko": "잘못된 인증코드입니다.", "en": "The code is wrong."},
		"code_expired":   {"ko": "만료된 코드입니다.", "en": "The code has expired."},
		"last_owner":     {"ko": "집에는 주인이 한 명은 있어야 합니다.", "en": "A place needs an owner."},
		CodeTimeout:      {"ko": "요청이 제때 도착하지 않았습니다.", "en": "The request did not arrive in time."},
		CodeUnavailable:  {"ko": "지금은 처리할 수 없습니다. 잠시 뒤에 다시 해 주세요.", "en": "This is not possible at the moment. Please try again."},
		CodeClosed:       {"ko": "서버가 곧 멈춥니다. 다시 연결해 주세요.", "en": "This server is going away. Please connect again."},
		CodeInternal:     {"ko": "서버에서 문제가 생겼습니다.", "en": "Something went wrong on the server."},
	}
}
