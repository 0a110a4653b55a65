package server_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"madang/server"
)

// certificate writes the test certificate of httptest and its key.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	c := s.TLS.Certificates[0]
	private, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for name, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: c.Certificate[0]}, key: {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestTLS(t *testing.T) {
	cert, key := certificate(t)
	a := server.Assembly{}
	set := load(t, a, "listen", "127.0.0.1:0", "tls.cert", cert, "tls.key", key, "drain.grace", "0s", "drain.spread", "0s")
	ln, err := server.Listen(set)
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.Open(t.Context(), a, set, quiet())
	if err != nil {
		t.Fatal(err)
	}
	soft, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(soft, t.Context(), ln) }()
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true,
	}}
	url := set.URL(ln)
	answer, err := client.Get(url + "/livez")
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if !strings.HasPrefix(url, "https://127.0.0.1:") || answer.StatusCode != 200 || answer.ProtoMajor != 1 {
		t.Errorf("%s: %s %s", url, answer.Proto, answer.Status)
	}
	client.CloseIdleConnections()
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestListenErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	cert, _ := certificate(t)
	_, other := certificate(t)
	for want, pairs := range map[string][]string{
		"another program has this port, perhaps another madang or a laravel-echo-server; end it, or choose another port with --set listen=127.0.0.1:": {"listen", taken.Addr().String()},
		"choose an address of this machine with --set listen=ADDRESS":                                                                                 {"listen", "192.0.2.1:1"},
		"tls.cert and tls.key must be PEM files that belong together":                                                                                 {"tls.cert", cert, "tls.key", cert},
	} {
		if _, err := server.Listen(load(t, server.Assembly{}, pairs...)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if set := load(t, server.Assembly{}, "tls.cert", cert, "tls.key", other); set.Scheme() != "https" {
		t.Error("no https")
	}
}

func TestAddresses(t *testing.T) {
	for listen, want := range map[string]struct {
		url     string
		exposed bool
	}{
		"127.0.0.1:80": {"http://127.0.0.1:80", false}, ":8080": {"http://127.0.0.1:8080", true}, "0.0.0.0:1": {"http://127.0.0.1:1", true},
		"[::]:1": {"http://[::1]:1", true}, "[::1]:1": {"http://[::1]:1", false}, "example.com:1": {"http://example.com:1", true},
	} {
		set := load(t, server.Assembly{}, "listen", listen)
		if set.LocalURL() != want.url || set.Exposed() != want.exposed {
			t.Errorf("%s: %s, exposed %t", listen, set.LocalURL(), set.Exposed())
		}
	}
}
