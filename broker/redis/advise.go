package redis

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

// advise says in plain words why Redis could not be reached at first, and which setting to look at.
func advise(t target, err error) string {
	user, trust := "url (or username and password)", "tls.ca"
	if t.master != "" {
		user += ", and for the Sentinels, to whom that is not shown, sentinel_username and sentinel_password"
		trust += "; with tls.sentinels it is for the Sentinels, too"
	}
	text := err.Error()
	has := func(s string) bool { return strings.Contains(text, s) }
	var record tls.RecordHeaderError
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var expired x509.CertificateInvalidError
	var dns *net.DNSError
	switch {
	case has("NOAUTH"):
		return "a user or password is wanted and none was given: set them in " + user
	case has("WRONGPASS"), has("invalid password"), has("without any password configured"):
		return "there is no such user, or the password is wrong, or the user is off: compare ACL LIST there with " + user
	case has("NOPERM"):
		return "this user may not do what is needed: what it takes stands at redis.username and redis.sentinel_username in madang config doc"
	case has("No such master"), has("redis nil message"):
		return "the Sentinels know no master of that name: compare the end of url with SENTINEL MASTERS"
	case has("cluster support disabled"):
		return "this server is no part of a Cluster: begin url with redis:// or rediss://"
	case has("max number of clients"):
		return "it has as many clients as it takes: raise maxclients"
	case errors.As(err, &record), has("first record does not look like a TLS handshake"):
		return "it speaks no TLS at this address: use redis instead of rediss, or another port" + t.only()
	case errors.As(err, &authority):
		return "its certificate is signed by nobody who is trusted here: name the file with the authority's certificate in " + trust
	case errors.As(err, &hostname):
		return "its certificate is for another name: use a name in url that it is for, or set tls.server_name"
	case errors.As(err, &expired):
		return "its certificate is not valid now: renew it, and compare the clocks"
	case has("tls: certificate required"), has("tls: bad certificate"), has("tls: unknown certificate authority"):
		return "it wants a certificate of ours, signed by an authority that it trusts (its tls-ca-cert-file): set tls.cert and tls.key"
	case errors.As(err, &dns):
		return "the host name is unknown here: look at the name in url, and at this machine's name server"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there: is it running, and is the port right?"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), has("i/o timeout"):
		return "no answer in time: is the address right, is there a firewall, or TLS on only one side?" + t.only()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "it ended the connection: it went down, or it wants TLS (rediss instead of redis) or a certificate of ours (tls.cert, tls.key)" + t.only()
	}
	return "look at what it writes into its log"
}

// only says what else decides about TLS.
func (t target) only() string {
	if t.master == "" {
		return ""
	}
	return "; tls.sentinels says the same of the Sentinels"
}
