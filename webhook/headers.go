package webhook

import (
	"net/http"
	"net/textproto"
	"strings"
)

// maxHeaders is how many bytes of a client's headers are passed on. Web servers take no more.
const maxHeaders = 32 << 10

// Forward returns those of a client's headers that may go to the backend: what proves who it is, and what an app may look
// at, but nothing about the connection, the body, or the way the request has taken. The latter a backend believes of its
// proxies, and this server would be one that says what it was told by a stranger. Nor does anything go along that a proxy
// which asks for passwords or certificates says of a user: behind one, a backend believes it without asking. ok is false if
// they are too large.
func Forward(client map[string][]string) (h http.Header, ok bool) {
	h = http.Header{}
	named := connectionNamed(client)
	size := 0
	for name, values := range client {
		// PHP and others make _ of -, so that X_Forwarded_For would be X-Forwarded-For.
		key := textproto.CanonicalMIMEHeaderKey(strings.ReplaceAll(name, "_", "-"))
		if !token(name) || refused(key) || named[key] {
			continue
		}
		for _, v := range values {
			if !clean(v) {
				continue
			}
			size += len(name) + len(v)
			h.Add(name, v)
		}
	}
	if cookies := h["Cookie"]; len(cookies) > 1 {
		h["Cookie"] = []string{strings.Join(cookies, "; ")} // one header is all that HTTP/1 allows (RFC 6265 §5.4)
	}
	return h, size <= maxHeaders
}

// refused reports whether a header is not the client's to say. Of the browser's own word on the request, Sec-Fetch-Site and
// the like, nothing goes along: a page may have written it into auth.headers, where no browser keeps it from that.
func refused(key string) bool {
	for _, begin := range [...]string{
		"Accept-Encoding", "Content-", "Forwarded", "X-Forwarded", "Proxy", "Sec-", "If-", "X-Accel-", "X-Sendfile",
		"X-Original-", "X-Rewrite-", "X-Http-Method", "X-Method-Override", "Transfer-Encoding", "X-Envoy-",
		// Who somebody is, as proxies say it without signing it.
		"Remote-", "X-Remote-", "X-Auth-Request-", "X-Authenticated-", "X-Authentik-", "X-Amzn-Oidc-Identity", "X-Amzn-Mtls-",
		"X-Goog-Authenticated-", "X-Ms-Client-", "X-Webauth-", "X-Client-Cert", "X-Ssl-", "Ssl-", "X-Tls-", "Client-Cert",
	} {
		if strings.HasPrefix(key, begin) {
			return true
		}
	}
	switch key {
	case "Connection", "Keep-Alive", "Te", "Trailer", "Upgrade", "Host", "Expect", "Range", "Via", "X-Real-Ip", "X-Client-Ip",
		"Client-Ip", "X-Cluster-Client-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "Fastly-Client-Ip", "Http2-Settings",
		"Front-End-Https", "X-Url-Scheme", "X-Scheme", "X-Azure-Clientip",
		"X-Requested-With", "X-Pusher-Key", "X-Pusher-Signature", "Idempotency-Key", "X-Idempotency-Key":
		return true
	}
	return false
}

// connectionNamed returns the headers that the client's Connection names as its own.
func connectionNamed(client map[string][]string) map[string]bool {
	named := map[string]bool{}
	for name, values := range client {
		if !strings.EqualFold(name, "Connection") {
			continue
		}
		for _, v := range values {
			for key := range strings.SplitSeq(v, ",") {
				named[textproto.CanonicalMIMEHeaderKey(strings.ReplaceAll(strings.TrimSpace(key), "_", "-"))] = true
			}
		}
	}
	return named
}

// token reports whether a name can be sent (RFC 9110 §5.6.2).
func token(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// clean reports whether a value can be sent (RFC 9110 §5.5).
func clean(value string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// Sendable reports whether a header that is configured can be sent.
func Sendable(name, value string) bool { return token(name) && clean(value) }
