package redis

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"madang/internal/redistest"
)

// TLS, with a certificate that only the configuration trusts, and one of the node's own that Redis wants.
func TestTLS(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t)
	port, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := port.Addr().String()
	if err := port.Close(); err != nil {
		t.Fatal(err)
	}
	_, number, _ := strings.Cut(address, ":")
	redistest.Start(t, "--tls-port", number, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert,
		"--tls-auth-clients", "yes")
	c := quick("rediss://" + address)
	for what, settings := range map[string]TLS{
		"of an unknown authority": {Cert: cert, Key: key},
		"for another name":        {CA: cert, Cert: cert, Key: key, ServerName: "elsewhere.example"},
		"without our own":         {CA: cert},
	} {
		c.TLS = settings
		if b, err := Open(t.Context(), c, Options{}); err == nil {
			_ = b.Close()
			t.Errorf("a certificate %s was enough", what)
		}
	}
	for _, settings := range []TLS{{CA: cert, Cert: cert, Key: key}, {Insecure: true, Cert: cert, Key: key}} {
		c.TLS = settings
		b, ear := listen(t, c, room("news"))
		mustSay(t, b, room("news"), 1, 1, hundred)
		eventually(t, "it is heard", func() bool { return len(ear.events(room("news"))) == 1 })
	}
}

// certificate makes one that is an authority's, a server's and a client's, and returns it and its key as files.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}
