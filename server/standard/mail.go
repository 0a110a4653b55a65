package standard

import (
	"context"
	"log/slog"

	"madang/mail"
	"madang/mail/develop"
	"madang/mail/smtp"
	"madang/server"
	"madang/web"
)

// A post sends the mails of this server.
type post struct {
	mail.Sender
	box *mail.Box // where development mode keeps them; nil: they are sent, or there is no mail
}

// openMail opens what sends mails: to a mail server or, in development mode, into a box that developers can read.
func openMail(_ context.Context, s *server.Site, c smtp.Config) (*post, error) {
	switch {
	case c.Host != "":
		out, err := smtp.New(c)
		if err != nil {
			return nil, err
		}
		return &post{Sender: out}, nil
	case s.Dev:
		box := &mail.Box{}
		return &post{Sender: box, box: box}, nil
	default:
		return &post{Sender: nowhere{s.Log}}, nil
	}
}

// mailOfDevelopment shows developers the mails of development mode.
type mailOfDevelopment struct{ *develop.Mailbox }

// openMailOfDevelopment opens it.
func openMailOfDevelopment(_ context.Context, s *server.Site, _ struct{}) (mailOfDevelopment, error) {
	none := mailOfDevelopment{}
	out, err := server.Find[*post](s)
	if err != nil {
		return none, err
	}
	if out.box == nil {
		return none, server.ErrOff
	}
	pages, err := server.Find[*web.Pages](s)
	if err != nil {
		return none, server.ErrOff // nothing would show them
	}
	return mailOfDevelopment{develop.New(out.box, pages.Mails())}, nil
}

// Hints implements server.Hinter.
func (mailOfDevelopment) Hints(url, _ string) []string {
	return []string{"보낸 메일 · mails that were sent:   " + url + "/dev/mail"}
}

// nowhere is the Sender of a server that has no mail. Features that cannot do without are refused when the settings are
// read, so only notices come here.
type nowhere struct{ log *slog.Logger }

// Send implements mail.Sender.
func (n nowhere) Send(ctx context.Context, m mail.Message) error {
	n.log.DebugContext(ctx, "a mail was not sent, there is no mail.host", "subject", m.Subject)
	return nil
}
