// Package smtp sends mails to a mail server, such as Amazon SES or one's own.
package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"time"

	gomail "github.com/wneessen/go-mail"

	"madang/internal/config"
	"madang/mail"
)

// Encryption is how the connection to the mail server is encrypted.
type Encryption string

// Kinds of encryption.
const (
	StartTLS Encryption = "starttls" // it begins in the clear, and nothing is said before it is encrypted
	TLS      Encryption = "tls"      // from the first byte on
	None     Encryption = "none"     // only on this machine
)

// Config says where mails go.
type Config struct {
	// Host is the mail server's name. Empty: no mails are sent.
	Host string `yaml:"host"`
	// Port is where it listens. 0: 587, or 465 with tls.
	Port int `yaml:"port"`
	// Encryption is starttls, tls, or none for a server on this machine.
	Encryption Encryption `yaml:"encryption" enum:"starttls,tls,none"`
	// User signs in at the mail server. Empty: nobody has to.
	User string `yaml:"user"`
	// Password is the user's.
	Password config.Secret `yaml:"password"`
	// From is the address that mails come from.
	From string `yaml:"from"`
	// FromName is the name that is shown with it.
	FromName string `yaml:"from_name"`
	// Timeout is how long one mail may take.
	Timeout time.Duration `yaml:"timeout"`
}

// Defaults returns the configuration of a server that was given none: it sends nothing.
func Defaults() Config { return Config{Encryption: StartTLS, Timeout: 15 * time.Second} }

// Validate reports what cannot work, or would show passwords to everybody on the way.
func (c Config) Validate() error {
	if c.Host == "" {
		return nil
	}
	switch {
	case c.Port < 0 || c.Port > 65535:
		return fmt.Errorf("port %d is none", c.Port)
	case c.Encryption != StartTLS && c.Encryption != TLS && c.Encryption != None:
		return fmt.Errorf("encryption must be starttls, tls or none, not %q", c.Encryption)
	case c.Encryption == None && !local(c.Host):
		return fmt.Errorf("encryption none is for a mail server on this machine; %s would get mails and passwords in the clear", c.Host)
	case (c.User == "") != (c.Password == ""):
		return errors.New("user and password belong together, but only one is given (the password may come from MADANG_MAIL_PASSWORD)")
	case c.Timeout < time.Second:
		return fmt.Errorf("timeout must be at least 1s, not %v", c.Timeout)
	}
	if err := (mail.Address{Address: c.From, Name: c.FromName}).Validate(); err != nil {
		return fmt.Errorf("from: %w", err)
	}
	return nil
}

func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// A Sender sends mails to a mail server, each over a connection of its own. It is safe for concurrent use.
type Sender struct {
	cfg   Config
	roots *tls.Config // nil: the system's
}

var _ mail.Sender = (*Sender)(nil)

// New returns a Sender. The configuration must name a host.
func New(c Config) (*Sender, error) {
	if c.Host == "" {
		return nil, errors.New("smtp: no host is configured")
	}
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("smtp: %w", err)
	}
	return &Sender{cfg: c}, nil
}

// Send implements mail.Sender.
func (s *Sender) Send(ctx context.Context, m mail.Message) error {
	if err := m.Validate(); err != nil {
		return err
	}
	msg := s.compose(m)
	client, err := gomail.NewClient(s.cfg.Host, s.options()...)
	if err != nil {
		return fmt.Errorf("smtp: %w", err)
	}
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		return fmt.Errorf("smtp: send a mail over %s: %w", s.cfg.Host, verdict(err))
	}
	return nil
}

// verdict makes ErrRefused of a refusal that another try would not change.
func verdict(err error) error {
	if e, ok := errors.AsType[*gomail.SendError](err); ok && !e.IsTemp() && e.ErrorCode() >= 500 {
		return fmt.Errorf("%w: %w", mail.ErrRefused, err)
	}
	return err
}

func (s *Sender) compose(m mail.Message) *gomail.Msg {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(&netmail.Address{Name: s.cfg.FromName, Address: s.cfg.From})
	msg.ToMailAddress(&netmail.Address{Name: m.To.Name, Address: m.To.Address})
	msg.Subject(m.Subject)
	msg.SetDate()
	msg.SetMessageID()
	// RFC 3834 section 5: nobody's vacation notice is wanted for it.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return msg
}

func (s *Sender) options() []gomail.Option {
	c := s.cfg
	all := []gomail.Option{gomail.WithTimeout(c.Timeout)}
	switch c.Encryption {
	case TLS:
		all = append(all, gomail.WithSSLPort(false))
	case None:
		all = append(all, gomail.WithTLSPolicy(gomail.NoTLS))
	case StartTLS:
		all = append(all, gomail.WithTLSPortPolicy(gomail.TLSMandatory))
	}
	if c.Port > 0 {
		all = append(all, gomail.WithPort(c.Port))
	}
	if c.User != "" {
		kind := gomail.SMTPAuthAutoDiscover
		if c.Encryption == None {
			kind = gomail.SMTPAuthPlainNoEnc // on this machine
		}
		all = append(all, gomail.WithSMTPAuth(kind), gomail.WithUsername(c.User), gomail.WithPassword(string(c.Password)))
	}
	if s.roots != nil {
		all = append(all, gomail.WithTLSConfig(s.roots))
	}
	return all
}
