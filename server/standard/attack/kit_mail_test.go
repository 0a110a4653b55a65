//go:build unix

package attack

import (
	"bufio"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"net/textproto"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// A sink is a mail server that keeps what it is given.
type sink struct {
	ln net.Listener

	mu    sync.Mutex
	mails []letter
}

// A letter is a mail.
type letter struct{ to, subject, text, raw string }

func newSink(t *testing.T) *sink {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() }) // nobody uses it any more
	s := &sink{ln: ln}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go s.talk(c)
		}
	}()
	return s
}

func (s *sink) port() string {
	_, port, _ := net.SplitHostPort(s.ln.Addr().String())
	return port
}

// talk is SMTP, as far as one client speaks it.
func (s *sink) talk(c net.Conn) {
	defer func() { _ = c.Close() }() // the client has gone or been told
	in := textproto.NewReader(bufio.NewReader(c))
	say := func(text string) { _, _ = fmt.Fprintf(c, "%s\r\n", text) } // a client that is gone hears nothing
	say("220 sink")
	var to string
	for {
		line, err := in.ReadLine()
		if err != nil {
			return
		}
		switch verb := strings.ToUpper(line); {
		case strings.HasPrefix(verb, "RCPT TO:"):
			to = strings.Trim(strings.SplitN(line, ":", 2)[1], "<> ")
			say("250 ok")
		case verb == "DATA":
			say("354 go on")
			raw, err := in.ReadDotBytes()
			if err != nil {
				return
			}
			s.keep(to, string(raw))
			say("250 ok")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s *sink) keep(to, raw string) {
	l := letter{to: to, raw: raw}
	if m, err := mail.ReadMessage(strings.NewReader(raw)); err == nil {
		l.subject, _ = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if _, params, err := mime.ParseMediaType(m.Header.Get("Content-Type")); err == nil && params["boundary"] != "" {
			if p, err := multipart.NewReader(m.Body, params["boundary"]).NextPart(); err == nil {
				b, _ := io.ReadAll(p) // what there is of it
				l.text = string(b)
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, l)
}

// to returns the mails to an address, the oldest first.
func (s *sink) to(address string) (all []letter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.mails {
		if l.to == address {
			all = append(all, l)
		}
	}
	return all
}

// all returns all mails.
func (s *sink) all() []letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]letter{}, s.mails...)
}

// letter waits for the n-th mail to an address, from 1 on, whose text a pattern fits, and returns what fits.
func (h *house) letter(address, pattern string, n int) (found []string) {
	h.t.Helper()
	re := regexp.MustCompile(pattern)
	eventually(h.t, fmt.Sprintf("mail %d to %s with %s", n, address, pattern), func() bool {
		left := n
		for _, x := range h.mails.to(address) {
			if found = re.FindStringSubmatch(x.text); found != nil {
				if left--; left == 0 {
					return true
				}
			}
		}
		return false
	})
	return found
}

// resetToken waits for the first link for a new password and returns its token.
func (h *house) resetToken(address string) string {
	h.t.Helper()
	found := h.letter(address, `https?://[^/\s]+/reset-password/([\w-]+)\?email=`, 1)
	h.secret(found[1])
	return found[1]
}

// verifyPath waits for the n-th link that proves an address, and returns its path with the query.
func (h *house) verifyPath(address string, n int) string {
	h.t.Helper()
	found := h.letter(address, `https?://[^/\s]+(/email/verify/\S+)`, n)
	h.secret(found[1][strings.Index(found[1], "signature=")+len("signature="):])
	return found[1]
}
