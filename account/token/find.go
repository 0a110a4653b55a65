package token

import (
	"strings"

	"madang"
)

// Find returns the token of the credentials: what the dialect found in its handshake, else the Authorization header,
// else the parameter token or access_token of the query. The word Bearer before it, in any case, is no part of it. It is
// empty when there is none.
func Find(c madang.Credentials) string {
	if t := bare(c.Token); t != "" {
		return t
	}
	if c.Header != nil {
		if scheme, t, _ := strings.Cut(strings.TrimSpace(c.Header("Authorization")), " "); isBearer(scheme) {
			if t = strings.TrimSpace(t); t != "" {
				return t
			}
		}
	}
	if c.Query != nil {
		for _, name := range []string{"token", "access_token"} {
			if t := bare(c.Query(name)); t != "" {
				return t
			}
		}
	}
	return ""
}

// bare takes the word Bearer off, which many clients put before the token wherever it goes.
func bare(t string) string {
	t = strings.TrimSpace(t)
	if isBearer(t) {
		return ""
	}
	if scheme, rest, ok := strings.Cut(t, " "); ok && isBearer(scheme) {
		return strings.TrimSpace(rest)
	}
	return t
}

func isBearer(scheme string) bool { return strings.EqualFold(scheme, "Bearer") }
