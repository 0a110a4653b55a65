package events

import (
	"net/url"
	"strings"
)

// parseQuery reads the parameters of a request as they were signed. Unlike [url.ParseQuery] it leaves ; in values, where
// names of channels may have it and Pusher's library for Node.js does not escape it. An array as PHP writes it,
// info[0]=a&info[1]=b, becomes what PHP's library signs, info=a,b. Of a parameter that is given twice the first counts.
// Names are signed in small letters, so they are read in them too: else INFO would pass for info and mean nothing.
func parseQuery(raw string) url.Values {
	q := url.Values{}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, value = strings.ToLower(unescape(name)), unescape(value)
		base, index, array := strings.Cut(name, "[")
		if array = array && base != "" && strings.HasSuffix(index, "]"); array {
			name = base
		}
		switch before, known := q[name]; {
		case !known:
			q[name] = []string{value}
		case array:
			before[0] += "," + value
		}
	}
	return q
}

// unescape decodes a part of a query; what is no escape stays as it is, and will not match any signature.
func unescape(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}
