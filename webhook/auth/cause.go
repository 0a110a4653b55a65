package auth

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"syscall"

	"madang/webhook"
)

// unreachable says why no answer may have come.
func unreachable(err error) string {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "the host's name cannot be resolved; in a container, localhost is the container itself: use the service's name"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return untrusted(err)
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "the backend does not speak TLS there; write http:// or another port in auth_host"
	}
	switch n, isNet := errors.AsType[net.Error](err); {
	case errors.Is(err, errBusy):
		return "more clients ask than the backend answers; make it faster, or raise max_concurrent and max_waiting"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there; is the backend running, and on this address and port?"
	case errors.Is(err, context.DeadlineExceeded), isNet && n.Timeout():
		return "no answer in time; php artisan serve and php -S answer one request at a time, and wait for each other if " +
			"they broadcast to this server meanwhile"
	case strings.Contains(err.Error(), "HTTP response to HTTPS"):
		return "the backend does not speak TLS there; write http:// or another port in auth_host"
	}
	return ""
}

// untrusted says what is wrong with a certificate.
func untrusted(err error) string {
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "its certificate is for another name; write that name in auth_host"
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "its certificate is signed by nobody known here; name the authority with ca_file"
	}
	return "its certificate is not valid"
}

// cause says why the backend may have refused.
func cause(r webhook.Reply) string {
	switch {
	case r.Status == 419:
		return "the CSRF check of Laravel: send X-CSRF-TOKEN in Echo's auth.headers; or exclude broadcasting/auth from the check, and " +
			"then list your pages in socketio.origins, else any page may listen with the cookies of who visits it"
	case r.Status == 401:
		return "nobody is logged in: the token or session cookie does not reach the backend, or Broadcast::routes() has the " +
			"middleware of another guard"
	case r.Status == 403:
		return "no callback in routes/channels.php fits the channel, the one that does says no, or nobody is logged in with the channel's guard"
	case r.Status == 404 || r.Status == 405:
		return "no such route: call Broadcast::routes() in the app, or correct auth_host and auth_endpoint (a prefix such as /api?)"
	case r.Status == 429:
		return "the backend's rate limit: exempt the route, and trust this server as a proxy so that it sees each client's address"
	case r.Status >= 300 && r.Status < 400:
		return "a redirect, which is not followed: to a login (nobody is logged in), or to https or another host (correct auth_host)" +
			": " + clip(r.Header.Get("Location"))
	case r.Status >= 500:
		return "the backend failed; see its own log"
	case r.Header.Get("Content-Encoding") != "":
		return "the answer is compressed, though that was not asked for; switch it off for this route"
	case r.Truncated:
		return "the answer is longer than 64 KiB; this is not the route that authorizes"
	case page(r):
		return "a page instead of an answer: a route for every address (single-page application) comes before broadcasting/auth, " +
			"or auth_host is another server"
	case r.Status == 200 && len(bytes.TrimSpace(r.Body)) == 0:
		return "an empty answer: BROADCAST_DRIVER or BROADCAST_CONNECTION is null or log, which authorize nobody; set redis or pusher"
	}
	return ""
}

// page reports whether the answer is HTML.
func page(r webhook.Reply) bool {
	return strings.HasPrefix(string(bytes.TrimSpace(r.Body)), "<")
}

// firstBytes is how much of an answer the log shows.
const firstBytes = 200

// clip shortens a text for the log.
func clip(s string) string {
	if len(s) > firstBytes {
		return strings.ToValidUTF8(s[:firstBytes], "") + "…"
	}
	return s
}
