package laravel

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/internal/redistest"
)

// A user that may do nothing but listen to the prefix is enough; every other trouble is said in plain words.
func TestAccess(t *testing.T) {
	r := redistest.Start(t, "--requirepass", "secret")
	r.Do("ACL", "SETUSER", "madang", "on", ">word", "&laravel_database_*", "-@all", "+hello", "+ping", "+psubscribe")
	r.Do("ACL", "SETUSER", "deaf", "on", ">word", "resetchannels", "+@all")
	h := hubs(t, 1, madang.Config{})[0]
	base := quick()
	base.Addresses, base.Prefixes = []string{r.Addr}, []string{"laravel_database_"}
	for _, x := range []struct{ name, password, want string }{
		{"", "secret", ""},
		{"madang", "word", ""},
		{"default", "secret", ""},
		{"", "", "Redis wants a password"},
		{"", "geheim", "the user name or password is wrong"},
		{"madang", "secret", "the user name or password is wrong"},
		{"deaf", "word", "this Redis user may not listen there"},
	} {
		c, log := base, &logbook{}
		c.Username, c.Password = x.name, x.password
		i := start(t, h, c, Options{Log: log.logger()})
		err := i.Ready(t.Context())
		if (err == nil) != (x.want == "") {
			t.Errorf("%s/%s: %v", x.name, x.password, err)
		}
		if x.want != "" && log.count(x.want) != 1 {
			t.Errorf("%s/%s: want %q, logged\n%v", x.name, x.password, x.want, log)
		}
		if strings.Contains(log.String(), "geheim") {
			t.Errorf("the password is in the log:\n%v", log)
		}
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A socket of the file system will do.
func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "redis.sock")
	r := redistest.Start(t, "--unixsocket", path)
	h := hubs(t, 1, madang.Config{})[0]
	c := quick()
	c.URL = "unix://" + path
	i := start(t, h, c, Options{})
	ready(t, i)
	hundred(t, r, subscribe(t, h, "news"), "socket")
}

// TLS with a certificate of our own authority; and what is said when it does not fit.
func TestTLS(t *testing.T) {
	ca, cert, key := certificate(t)
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := port.Addr().String()
	if err := port.Close(); err != nil {
		t.Fatal(err)
	}
	_, tlsPort, _ := strings.Cut(address, ":")
	r := redistest.Start(t, "--tls-port", tlsPort, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", ca,
		"--tls-auth-clients", "yes")
	h := hubs(t, 1, madang.Config{})[0]
	for want, change := range map[string]func(*Config){
		"":                            func(*Config) {},
		"listening to what Laravel":   func(c *Config) { c.TLS.CA, c.TLS.Insecure = "", true },
		"signed by nobody":            func(c *Config) { c.TLS.CA = "" },
		"is for another name":         func(c *Config) { c.TLS.ServerName = "elsewhere.example" },
		"or a certificate (tls.cert":  func(c *Config) { c.TLS.Cert, c.TLS.Key = "", "" },
		"or TLS on only one side":     func(c *Config) { c.URL, c.Timeout = "rediss://"+r.Addr, quick().Timeout }, // Redis says nothing
		"or it wants TLS (rediss://)": func(c *Config) { c.URL = "redis://" + address },
	} {
		c, log := quick(), &logbook{}
		c.URL, c.TLS, c.Timeout = "rediss://"+address, TLS{CA: ca, Cert: cert, Key: key}, 30*time.Second
		change(&c)
		i := start(t, h, c, Options{Log: log.logger()})
		if err := i.Ready(t.Context()); log.count(want) == 0 || (err == nil) != (want == "" || strings.HasPrefix(want, "listening")) {
			t.Errorf("%q: %v\n%v", want, err, log)
		}
		if want == "" {
			hundred(t, r, subscribe(t, h, "news"), "tls")
		}
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	}
}

// certificate makes an authority's certificate that is a server's and a client's too, and returns the files: authority,
// certificate and key.
func certificate(t *testing.T) (ca, cert, key string) {
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
	write := func(name, kind string, b []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	return write("ca.pem", "CERTIFICATE", der), write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", secret)
}

// A port where something else listens, or that never answers.
func TestStrangePeers(t *testing.T) {
	h := hubs(t, 1, madang.Config{})[0]
	for want, answer := range map[string]func(net.Conn){
		"does not answer in time":    func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
		"Redis ended the connection": func(net.Conn) {},
		"Redis cannot be heard":      func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") },
		"does not speak TLS":         func(c net.Conn) { _, _ = io.WriteString(c, "-ERR unknown command\r\n") },
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go func() {
			for {
				c, err := l.Accept()
				if errors.Is(err, net.ErrClosed) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				go func() {
					defer c.Close()
					answer(c)
				}()
			}
		}()
		c, log := quick(), &logbook{}
		c.URL = "redis://127.0.0.1:" + strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
		c.TLS.Enabled = strings.Contains(want, "TLS")
		i := start(t, h, c, Options{Log: log.logger()})
		if i.Ready(t.Context()) == nil || log.count(want) == 0 {
			t.Errorf("%q:\n%v", want, log)
		}
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	}
}
