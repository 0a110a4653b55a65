package redistest

import (
	"fmt"
	"strconv"
	"strings"
)

// A Guard is what servers want of those who connect. The zero Guard wants nothing.
type Guard struct {
	// Password is the default user's, with which servers show each other who they are, and the package asks them.
	Password string
	// Users are the others, as ACL SETUSER has them: "madang on >word ~madang:* +@all". There are no blanks within a rule.
	Users []string
	// CA, Cert and Key are files. With them a server speaks TLS at a port of its own, its TLSPort, and wants a certificate
	// that the authority has signed; Sentinels, replicas and nodes of a Cluster know and tell each other only these ports.
	// The package itself asks at the plain ones.
	CA, Cert, Key string
}

// settings are those of a server with a guard, as on its command line.
func (g Guard) settings(t T) []string {
	t.Helper()
	var all []string
	if g.Password != "" {
		all = append(all, "--requirepass", g.Password, "--masterauth", g.Password)
	}
	for _, rules := range g.Users {
		all = append(append(all, "--user"), strings.Fields(rules)...)
	}
	if g.Cert != "" {
		all = append(all, "--tls-port", strconv.Itoa(freePort(t)), "--tls-cert-file", g.Cert, "--tls-key-file", g.Key,
			"--tls-ca-cert-file", g.CA, "--tls-auth-clients", "yes", "--tls-replication", "yes")
	}
	return all
}

// conf is the part of a Sentinel's configuration file that says what it wants.
func (g Guard) conf(t T) string {
	t.Helper()
	var b strings.Builder
	if g.Password != "" {
		fmt.Fprintf(&b, "requirepass %s\nsentinel sentinel-pass %[1]s\n", g.Password)
	}
	for _, rules := range g.Users {
		fmt.Fprintln(&b, "user", rules)
	}
	if g.Cert != "" {
		fmt.Fprintf(&b, "tls-port %d\ntls-cert-file %s\ntls-key-file %s\ntls-ca-cert-file %s\ntls-auth-clients yes\ntls-replication yes\n",
			freePort(t), g.Cert, g.Key, g.CA)
	}
	return b.String()
}

// public is the port that others are told: that of TLS, if there is one.
func (s *Server) public() int {
	if s.TLSPort != 0 {
		return s.TLSPort
	}
	return s.Port
}

// publicAddr is the address with that port.
func (s *Server) publicAddr() string { return "127.0.0.1:" + strconv.Itoa(s.public()) }
