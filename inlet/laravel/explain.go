package laravel

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// explain says in plain words why Redis cannot be heard and what to do about it.
func explain(err error) string {
	text := err.Error()
	has := func(s string) bool { return strings.Contains(text, s) }
	var record tls.RecordHeaderError
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var dns *net.DNSError
	switch {
	case has("NOAUTH"):
		return "Redis wants a password: set password (databaseConfig.redis.password), and username if it has ACL users"
	case has("WRONGPASS"), has("invalid password"):
		return "the user name or password is wrong"
	case has("NOPERM"):
		return "this Redis user may not listen there; allow it with ACL SETUSER name +hello +ping +psubscribe and &prefix*"
	case has("No such master"), has("redis nil message"):
		return "the Sentinels know no master of that name: compare master with SENTINEL MASTERS"
	case has("LOADING"):
		return "Redis is still loading its data"
	case has("max number of clients"):
		return "Redis has as many clients as it takes (maxclients)"
	case errors.As(err, &record), has("first record does not look like a TLS handshake"):
		return "Redis does not speak TLS at that address: use redis:// or another port"
	case errors.As(err, &authority):
		return "Redis's certificate is signed by nobody whom this system trusts: name the authority in tls.ca"
	case errors.As(err, &hostname):
		return "Redis's certificate is for another name: set tls.server_name"
	case errors.As(err, &dns):
		return "the host name is unknown here"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens at that address: is Redis running, and is the port right?"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), has("i/o timeout"):
		return "Redis does not answer in time: is the address right, and is there a firewall, or TLS on only one side?"
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), has("certificate required"):
		return "Redis ended the connection: it went down, or it wants TLS (rediss://) or a certificate (tls.cert, tls.key)"
	}
	return "Redis cannot be heard"
}
