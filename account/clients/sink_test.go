package clients_test

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	mailsmtp "madang/mail/smtp"
)

// A sink is a mail server that keeps what it gets.
type sink struct {
	port int

	mu  sync.Mutex
	got []letter
}

// A letter is a mail as its reader sees it.
type letter struct{ to, subject, text, html string }

func startSink(t *testing.T) *sink {
	t.Helper()
	s := &sink{}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &visit{sink: s}, nil }))
	server.Domain, server.ReadTimeout, server.WriteTimeout = "sink.example", 10*time.Second, 10*time.Second
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = l.Addr().(*net.TCPAddr).Port
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return s
}

// sender sends to the sink.
func (s *sink) sender(t *testing.T) *mailsmtp.Sender {
	t.Helper()
	c := mailsmtp.Defaults()
	c.Host, c.Port, c.Encryption, c.From, c.FromName = "127.0.0.1", s.port, mailsmtp.None, "yard@example.com", "마당"
	sender, err := mailsmtp.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

// letters returns what somebody has got.
func (s *sink) letters(to string) (all []letter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.got {
		if l.to == to {
			all = append(all, l)
		}
	}
	return all
}

// A visit is one connection to the sink.
type visit struct {
	sink *sink
	to   string
}

func (v *visit) Mail(string, *smtp.MailOptions) error      { return nil }
func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error { v.to = to; return nil }
func (v *visit) Reset()                                    {}
func (v *visit) Logout() error                             { return nil }

func (v *visit) Data(r io.Reader) error {
	m, err := netmail.ReadMessage(r)
	if err != nil {
		return err
	}
	l := letter{to: v.to}
	if l.subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		return err
	}
	if err := l.read(m.Header.Get("Content-Type"), m.Body); err != nil {
		return err
	}
	v.sink.mu.Lock()
	defer v.sink.mu.Unlock()
	v.sink.got = append(v.sink.got, l)
	return nil
}

// read reads the two forms of a mail.
func (l *letter) read(kind string, body io.Reader) error {
	_, params, err := mime.ParseMediaType(kind)
	if err != nil {
		return err
	}
	for parts := multipart.NewReader(body, params["boundary"]); ; {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var text bytes.Buffer
		if _, err := io.Copy(&text, quotedprintable.NewReader(part)); err != nil {
			return err
		}
		switch kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); kind {
		case "text/plain":
			l.text = strings.ReplaceAll(text.String(), "\r\n", "\n")
		case "text/html":
			l.html = text.String()
		}
	}
}
