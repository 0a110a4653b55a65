// Package mail is what sends mails, seen from who has one to send. mail/smtp sends them to a mail server; [Box] keeps them, for
// development and for tests.
package mail

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode/utf8"
)

// A Sender sends mails.
type Sender interface {
	// Send returns when the mail has been taken over by whoever delivers it. ErrRefused: it will never be taken.
	Send(ctx context.Context, m Message) error
}

// Errors.
var (
	// ErrInvalid says that a mail is none: its addresses or its subject cannot be sent.
	ErrInvalid = errors.New("mail: it cannot be sent as it is")
	// ErrRefused says that whoever delivers it has refused it for good.
	ErrRefused = errors.New("mail: it was refused")
)

// A Message is one mail to one person.
type Message struct {
	To      Address
	Subject string
	Text    string // for readers without HTML; required
	HTML    string // empty: there is none
}

// An Address is whom a mail goes to, or who it comes from.
type Address struct {
	Name    string // for people to read; may be empty
	Address string
}

// String returns the address as it stands in a header.
func (a Address) String() string {
	m := mail.Address{Name: a.Name, Address: a.Address}
	return m.String()
}

// maxAddress is RFC 5321 section 4.5.3.1.3 in bytes, without the brackets.
const maxAddress = 254

// Validate reports, as ErrInvalid, an address to which nothing could be sent: more than one, one with a name, a comment or a
// route, or one whose line would end where the sender did not end it.
func (a Address) Validate() error {
	parsed, err := mail.ParseAddress(a.Address)
	if err != nil || parsed.Address != a.Address || parsed.Name != "" || len(a.Address) > maxAddress || strings.ContainsAny(a.Address, "\r\n\x00<>\"") {
		return fmt.Errorf("%w: the address %.60q is none", ErrInvalid, a.Address)
	}
	if line(a.Name) {
		return nil
	}
	return fmt.Errorf("%w: the name %.60q is not one line of text", ErrInvalid, a.Name)
}

// Validate reports, as ErrInvalid, what cannot be sent.
func (m Message) Validate() error {
	if err := m.To.Validate(); err != nil {
		return err
	}
	switch {
	case !line(m.Subject) || m.Subject == "":
		return fmt.Errorf("%w: the subject %.60q is not one line of text", ErrInvalid, m.Subject)
	case m.Text == "" || !utf8.ValidString(m.Text) || !utf8.ValidString(m.HTML):
		return fmt.Errorf("%w: there is no text, or it is not UTF-8", ErrInvalid)
	}
	return nil
}

// line reports whether a text can stand in a header.
func line(s string) bool {
	return utf8.ValidString(s) && len(s) <= 500 && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
