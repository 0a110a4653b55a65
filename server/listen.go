package server

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strconv"
	"syscall"
)

// splitAddress reads host:port.
func splitAddress(s string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(s)
	if err != nil {
		return "", 0, fmt.Errorf("%q is not host:port, such as 127.0.0.1:8080 or :8080 for all addresses", s)
	}
	port, err = strconv.Atoi(text)
	if err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("%q: the port must be a number from 0 to 65535, 0 for any free one", s)
	}
	return host, port, nil
}

// Listen opens the address of the settings, with TLS if they say so. Where they leave the port to the system, they have it
// from then on. The errors say what to do.
func Listen(s *Settings) (net.Listener, error) {
	var secure *tls.Config
	if s.TLS.Cert != "" {
		cert, err := s.TLS.load()
		if err != nil {
			return nil, fmt.Errorf("tls: %w", err)
		}
		secure = &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12}
	}
	ln, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return nil, explainListen(s.Listen, err)
	}
	if host, port, _ := splitAddress(s.Listen); port == 0 { // validated when it was loaded
		if a, ok := ln.Addr().(*net.TCPAddr); ok {
			s.Listen = net.JoinHostPort(host, strconv.Itoa(a.Port))
		}
	}
	if secure != nil {
		ln = tls.NewListener(ln, secure)
	}
	return ln, nil
}

func explainListen(address string, err error) error {
	host, port, _ := splitAddress(address) // validated when it was loaded
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("cannot listen on %s: another program has this port, perhaps another madang or a laravel-echo-server; "+
			"end it, or choose another port with --set listen=%s (or %sLISTEN, or in the configuration file)",
			address, net.JoinHostPort(host, strconv.Itoa(port%65535+1)), EnvPrefix)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("cannot listen on %s: not allowed, ports below 1024 are for privileged programs; "+
			"choose a higher one with --set listen=ADDRESS, or grant CAP_NET_BIND_SERVICE", address)
	default:
		return fmt.Errorf("cannot listen on %s: %w; choose an address of this machine with --set listen=ADDRESS", address, err)
	}
}

// URL returns where a server that listens on ln is reached from this machine.
func (s *Settings) URL(ln net.Listener) string {
	return s.Scheme() + "://" + reachable(ln.Addr().String())
}

// Scheme returns http or https.
func (c *Config) Scheme() string {
	if c.TLS.Cert != "" {
		return "https"
	}
	return "http"
}

// reachable turns the address that stands for all of a machine's into one that can be dialled.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	switch ip := net.ParseIP(host); {
	case host == "" || ip != nil && ip.IsUnspecified() && ip.To4() != nil:
		host = "127.0.0.1"
	case ip != nil && ip.IsUnspecified():
		host = "::1"
	}
	return net.JoinHostPort(host, port)
}

// Exposed reports whether other machines can reach a server with these settings.
func (s *Settings) Exposed() bool {
	host, _, _ := splitAddress(s.Listen) // validated when it was loaded
	ip := net.ParseIP(host)
	return host != "localhost" && (ip == nil || !ip.IsLoopback())
}

// LocalURL returns where a server with these settings answers on this machine.
func (c *Config) LocalURL() string { return c.Scheme() + "://" + reachable(c.Listen) }
