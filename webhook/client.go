package webhook

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"
)

// A ClientConfig is how backends are reached.
type ClientConfig struct {
	// Timeout bounds one request from its beginning to the end of its answer.
	Timeout time.Duration
	// CAFile is a PEM file of certificate authorities that are trusted besides those of the system.
	CAFile string
	// Insecure believes every certificate, so that whoever is in the way can say who may enter. For trying only.
	Insecure bool
}

// Validate reports what cannot work.
func (c ClientConfig) Validate() error {
	if c.Timeout <= 0 {
		return fmt.Errorf("timeout must be more than 0s")
	}
	return nil
}

// NewClient returns a client that keeps up to conns idle connections to a host, verifies certificates, sends no cookies
// of its own and follows no redirects. Deadlines are the caller's business.
func NewClient(c ClientConfig, conns int, log *slog.Logger) (*http.Client, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("ca_file: %w", err)
		}
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("ca_file: %s holds no certificate in PEM form", c.CAFile)
		}
		t.RootCAs = pool
	}
	if c.Insecure {
		log.Warn("INSECURE: the backend's certificate is not verified; anybody on the way can answer for it. " +
			"Remove insecure and name its authority with ca_file")
		t.InsecureSkipVerify = true
	}
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: c.Timeout, KeepAlive: 30 * time.Second}).DialContext,
			TLSClientConfig:        t,
			TLSHandshakeTimeout:    c.Timeout,
			MaxIdleConns:           4 * conns,
			MaxIdleConnsPerHost:    conns,
			IdleConnTimeout:        time.Minute,
			MaxResponseHeaderBytes: 64 << 10,
			DisableCompression:     true, // answers are short, and what unpacks to gigabytes is nobody's friend
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: NoRedirect,
	}, nil
}

// NoRedirect makes a redirect the answer: where it leads to has not been configured, and a login page is no consent.
func NoRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
