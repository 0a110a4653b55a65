package smtp

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"madang/mail"
)

// A sink is a mail server that keeps what it gets.
type sink struct {
	host string
	port int
	cert *x509.Certificate

	mu       sync.Mutex
	got      []letter
	signedIn []string
}

type letter struct{ from, to, data string }

// startSink starts a mail server; kind is how it is encrypted.
func startSink(t *testing.T, kind Encryption) *sink {
	t.Helper()
	s := &sink{host: "127.0.0.1"}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &visit{sink: s, conn: c}, nil }))
	server.Domain, server.AllowInsecureAuth = "sink.example", kind == None
	server.ReadTimeout, server.WriteTimeout = 10*time.Second, 10*time.Second
	if kind != None {
		server.TLSConfig = s.certify(t)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = l.Addr().(*net.TCPAddr).Port
	if kind == TLS {
		l = tls.NewListener(l, server.TLSConfig)
	}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return s
}

func (s *sink) certify(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if s.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}

// sender returns a Sender that trusts the sink.
func (s *sink) sender(t *testing.T, change func(*Config)) *Sender {
	t.Helper()
	c := Defaults()
	c.Host, c.Port, c.From, c.FromName, c.Timeout = s.host, s.port, "yard@example.com", "마당", 5*time.Second
	if s.cert == nil {
		c.Encryption = None
	}
	if change != nil {
		change(&c)
	}
	x, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	if s.cert != nil {
		x.roots = &tls.Config{RootCAs: x509.NewCertPool(), ServerName: s.host, MinVersion: tls.VersionTLS12}
		x.roots.RootCAs.AddCert(s.cert)
	}
	return x
}

// A visit is one connection to the sink.
type visit struct {
	sink *sink
	conn *smtp.Conn
	letter
	user string
}

func (v *visit) AuthMechanisms() []string { return []string{sasl.Plain} }

func (v *visit) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "yard" || password != "right" {
			return smtp.ErrAuthFailed
		}
		v.user = user
		return nil
	}), nil
}

func (v *visit) Mail(from string, _ *smtp.MailOptions) error { v.from = from; return nil }

func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	switch to {
	case "nobody@example.com":
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	case "later@example.com":
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try later"}
	}
	v.to = to
	return nil
}

func (v *visit) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	v.data = string(b)
	v.sink.mu.Lock()
	defer v.sink.mu.Unlock()
	v.sink.got = append(v.sink.got, v.letter)
	v.sink.signedIn = append(v.sink.signedIn, v.user)
	return err
}

func (v *visit) Reset()        {}
func (v *visit) Logout() error { return nil }

func hello() mail.Message {
	return mail.Message{
		To: mail.Address{Name: "김철수, \"대표\"", Address: "kim@example.com"}, Subject: "비밀번호를 다시 정하는 링크",
		Text: "안녕하세요\n.\n점 하나\n", HTML: "<p>안녕하세요</p>",
	}
}

func TestSend(t *testing.T) {
	for _, kind := range []Encryption{None, StartTLS, TLS} {
		t.Run(string(kind), func(t *testing.T) {
			s := startSink(t, kind)
			x := s.sender(t, func(c *Config) { c.Encryption, c.User, c.Password = kind, "yard", "right" })
			if err := x.Send(t.Context(), hello()); err != nil {
				t.Fatal(err)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if len(s.got) != 1 || s.got[0].from != "yard@example.com" || s.got[0].to != "kim@example.com" || s.signedIn[0] != "yard" {
				t.Fatalf("%+v by %v", s.got, s.signedIn)
			}
			checkLetter(t, s.got[0].data)
		})
	}
}

// checkLetter reads a mail as a reader does.
func checkLetter(t *testing.T, data string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != hello().Subject {
		t.Errorf("subject %q, %v", subject, err)
	}
	from, err := m.Header.AddressList("From")
	if err != nil || len(from) != 1 || from[0].Name != "마당" || from[0].Address != "yard@example.com" {
		t.Errorf("from %v, %v", from, err)
	}
	to, err := m.Header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Name != hello().To.Name || to[0].Address != "kim@example.com" {
		t.Errorf("to %v, %v", to, err)
	}
	if m.Header.Get("Message-ID") == "" || m.Header.Get("Date") == "" || m.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("header %v", m.Header)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for _, want := range []string{hello().Text, hello().HTML} {
		p, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(p))
		if got := strings.ReplaceAll(string(b), "\r\n", "\n"); err != nil || strings.TrimSpace(got) != strings.TrimSpace(want) {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}

func TestRefused(t *testing.T) {
	s := startSink(t, None)
	x := s.sender(t, nil)
	m := hello()
	m.To.Address = "nobody@example.com"
	if err := x.Send(t.Context(), m); !errors.Is(err, mail.ErrRefused) {
		t.Errorf("for good: %v", err)
	}
	m.To.Address = "later@example.com"
	if err := x.Send(t.Context(), m); err == nil || errors.Is(err, mail.ErrRefused) {
		t.Errorf("for now: %v", err)
	}
	m.To.Address = "kim@example.com\r\nBcc: lee@example.com"
	if err := x.Send(t.Context(), m); !errors.Is(err, mail.ErrInvalid) {
		t.Errorf("a second header: %v", err)
	}
	wrong := s.sender(t, func(c *Config) { c.User, c.Password = "yard", "wrong" })
	if err := wrong.Send(t.Context(), hello()); err == nil || strings.Contains(err.Error(), "wrong") {
		t.Errorf("a wrong password: %v", err)
	}
	if len(s.got) != 0 {
		t.Errorf("%+v", s.got)
	}
}

// Nothing is said to a server that cannot encrypt, or is not who it should be.
func TestEncryption(t *testing.T) {
	plain := startSink(t, None)
	x := plain.sender(t, func(c *Config) { c.Encryption = StartTLS })
	if err := x.Send(t.Context(), hello()); err == nil {
		t.Error("sent in the clear")
	}
	s := startSink(t, StartTLS)
	x = s.sender(t, func(c *Config) { c.Encryption = StartTLS })
	x.roots = nil
	if err := x.Send(t.Context(), hello()); err == nil {
		t.Error("sent to a stranger")
	}
	if len(plain.got)+len(s.got) != 0 {
		t.Errorf("%+v %+v", plain.got, s.got)
	}
}

func TestConfig(t *testing.T) {
	good := func() Config {
		c := Defaults()
		c.Host, c.From = "mail.example.com", "yard@example.com"
		return c
	}
	if err := errors.Join(Defaults().Validate(), good().Validate()); err != nil {
		t.Error(err)
	}
	if _, err := New(Defaults()); err == nil {
		t.Error("no host was accepted")
	}
	for name, change := range map[string]func(*Config){
		"port": func(c *Config) { c.Port = 65536 }, "encryption": func(c *Config) { c.Encryption = "ssl" },
		"in the clear": func(c *Config) { c.Encryption = None }, "user alone": func(c *Config) { c.User = "yard" },
		"password alone": func(c *Config) { c.Password = "x" }, "timeout": func(c *Config) { c.Timeout = 0 },
		"from": func(c *Config) { c.From = "Yard <yard@example.com>" }, "no from": func(c *Config) { c.From = "" },
		"name": func(c *Config) { c.FromName = "a\r\nb" },
	} {
		c := good()
		change(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
