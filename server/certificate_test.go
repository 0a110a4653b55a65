package server_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"madang/server"
)

// The files in testdata/tls were made with openssl: a root that signs an intermediate that signs a server's certificate,
// and that server's key, plain and encrypted in each way that openssl knows.
const passphrase = "correct horse"

func tlsFile(name string) string { return filepath.Join("testdata", "tls", name) }

// TestChain connects as a client that knows only the root, so it needs the intermediate from the server.
func TestChain(t *testing.T) {
	root, err := os.ReadFile(tlsFile("root.pem"))
	if err != nil {
		t.Fatal(err)
	}
	full := filepath.Join(t.TempDir(), "full.pem")
	var both []byte
	for _, name := range []string{"cert.pem", "chain.pem"} {
		b, err := os.ReadFile(tlsFile(name))
		if err != nil {
			t.Fatal(err)
		}
		both = append(both, b...)
	}
	if err := os.WriteFile(full, both, 0o600); err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(root)
	for _, c := range []struct {
		cert, chain string
		sent        int // certificates
	}{
		{tlsFile("cert.pem"), tlsFile("chain.pem"), 2},
		{full, full, 2}, // as many do it
		{full, "", 2},
		{tlsFile("cert.pem"), full, 2},
		{tlsFile("cert.pem"), "", 1},
	} {
		set := load(t, server.Assembly{}, "listen", "127.0.0.1:0", "tls.cert", c.cert, "tls.key", tlsFile("plain.pem"), "tls.chain", c.chain)
		sent, verified := handshake(t, set, roots)
		if sent != c.sent || verified != (c.sent == 2) {
			t.Errorf("cert %s, chain %s: %d certificates, verified %t", c.cert, c.chain, sent, verified)
		}
	}
}

// handshake returns how many certificates the server sends, and whether they lead to a root.
func handshake(t *testing.T, set *server.Settings, roots *x509.CertPool) (sent int, verified bool) {
	t.Helper()
	ln, err := server.Listen(set)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	go func() {
		if c, err := ln.Accept(); err == nil {
			_ = c.(*tls.Conn).HandshakeContext(t.Context())
			_ = c.Close()
		}
	}()
	raw, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = raw.Close() }()
	client := tls.Client(raw, &tls.Config{
		ServerName: "echo.test", InsecureSkipVerify: true,
		VerifyConnection: func(s tls.ConnectionState) error {
			sent = len(s.PeerCertificates)
			between := x509.NewCertPool()
			for _, c := range s.PeerCertificates[1:] {
				between.AddCert(c)
			}
			_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{DNSName: "echo.test", Roots: roots, Intermediates: between})
			verified = err == nil
			return nil
		},
	})
	if err := client.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return sent, verified
}

func TestEncryptedKeys(t *testing.T) {
	for key, want := range map[string]string{
		"plain.pem": "", "dek-aes128.pem": "", "dek-des3.pem": "",
		"pkcs8-aes256.pem": "", "pkcs8-aes128-sha1.pem": "", "pkcs8-des3-sha512.pem": "",
		"pkcs8-scrypt.pem": "scrypt?); store it in another form with: openssl pkcs8 -topk8 -v2 aes-256-cbc",
		"pkcs8-v1.pem":     "not supported (1.2.840.113549.1.12.1.3); store it in another form with: openssl",
	} {
		try := func(passphrase string) error {
			set := load(t, server.Assembly{}, "listen", "127.0.0.1:0", "tls.cert", tlsFile("cert.pem"), "tls.key", tlsFile(key), "tls.passphrase", passphrase)
			ln, err := server.Listen(set)
			if err == nil {
				_ = ln.Close()
			}
			return err
		}
		if err := try(passphrase); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", key, err, want)
		}
		if key == "plain.pem" || want != "" {
			continue
		}
		if err := try("wrong"); err == nil || !strings.Contains(err.Error(), "the passphrase does not fit the key") || strings.Contains(err.Error(), "wrong") {
			t.Errorf("%s with a wrong passphrase: %v", key, err)
		}
		if err := try(""); err == nil || !strings.Contains(err.Error(), "tls.passphrase or MADANG_TLS_PASSPHRASE") {
			t.Errorf("%s without a passphrase: %v", key, err)
		}
	}
}

func TestCertificateErrors(t *testing.T) {
	for want, pairs := range map[string][]string{
		"tls: chain: " + tlsFile("plain.pem") + ": holds no certificate": {"tls.chain", tlsFile("plain.pem")},
		"tls: chain: open gone.pem":                                      {"tls.chain", "gone.pem"},
		"tls: key: open gone.pem":                                        {"tls.key", "gone.pem"},
		"tls: cert: open gone.pem":                                       {"tls.cert", "gone.pem"},
	} {
		all := append([]string{"listen", "127.0.0.1:0", "tls.cert", tlsFile("cert.pem"), "tls.key", tlsFile("plain.pem")}, pairs...)
		if _, err := server.Listen(load(t, server.Assembly{}, all...)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// FuzzDecryptKey reads any key file: it ends with an error or with a key.
func FuzzDecryptKey(f *testing.F) {
	files, err := filepath.Glob(tlsFile("*.pem"))
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, passphrase)
	}
	f.Fuzz(func(t *testing.T, text []byte, passphrase string) {
		plain, err := server.DecryptKey(text, passphrase)
		b, _ := pem.Decode(text)
		if err == nil && b != nil && b.Type == "ENCRYPTED PRIVATE KEY" {
			if b, _ := pem.Decode(plain); b == nil || b.Type != "PRIVATE KEY" {
				t.Errorf("no key came out and nothing was said:\n%s", plain)
			}
		}
	})
}
