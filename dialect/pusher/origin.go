package pusher

import (
	"net/http"
	"net/textproto"
	"strings"
	"unique"
)

// An origin is what is kept of the request that began a connection, for a backend that is asked later: its address and
// the headers that say who or what is asking. Lines that clients of the same make have in common are kept once for all.
type origin struct {
	remote string
	host   unique.Handle[string]
	shared unique.Handle[string]
	own    string
}

func newOrigin(r *http.Request, remote string) origin {
	return origin{
		remote: strings.Clone(remote), // what net/http has read it from should not live as long
		host:   unique.Make(r.Host),
		shared: unique.Make(lines(r.Header, "Accept-Language", "Origin", "Referer", "User-Agent")),
		own:    strings.Clone(lines(r.Header, "Authorization", "Cookie")),
	}
}

func lines(h http.Header, keys ...string) string {
	var b strings.Builder
	for _, k := range keys {
		for _, v := range h[k] {
			b.WriteString(k + ": " + v + "\r\n")
		}
	}
	return b.String()
}

// request returns one of the headers that were kept, or Host, which is not for a backend.
func (o *origin) request(key string) string {
	key = textproto.CanonicalMIMEHeaderKey(key)
	if key == "Host" {
		return o.host.Value()
	}
	if all := o.header()[key]; len(all) > 0 {
		return all[0]
	}
	return ""
}

// header returns the headers that were kept.
func (o *origin) header() map[string][]string {
	h := map[string][]string{}
	for _, part := range [...]string{o.shared.Value(), o.own} {
		for line := range strings.SplitSeq(part, "\r\n") {
			if k, v, ok := strings.Cut(line, ": "); ok {
				k = textproto.CanonicalMIMEHeaderKey(k)
				h[k] = append(h[k], v)
			}
		}
	}
	return h
}
