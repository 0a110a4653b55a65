package standard

import (
	"context"
	"log/slog"

	"madang/mail"
	"madang/mail/smtp"
	"madang/server"
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

// nowhere is the Sender of a server that has no mail. Features that cannot do without are refused when the settings are
// read, so only notices come here.
type nowhere struct{ log *slog.Logger }

// Send implements mail.Sender.
func (n nowhere) Send(ctx context.Context, m mail.Message) error {
	n.log.DebugContext(ctx, "a mail was not sent, there is no mail.host", "subject", m.Subject)
	return nil
}
