package signin

import (
	"context"
	"net/url"
	"strings"
	"time"

	"madang/account"
	"madang/account/signin/mails"
	"madang/account/words"
)

// jobTime is how long a mail may take to be made and handed over.
const jobTime = time.Minute

// later does what has to do with mail after the answer: how long it takes must not tell whether there was somebody to write to.
// It reports false, and does nothing, if too much is under way.
func (s *Service) later(ctx context.Context, job func(context.Context)) bool {
	select {
	case s.jobs <- struct{}{}:
	default:
		return false
	}
	go func() {
		defer func() { <-s.jobs }()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), jobTime)
		defer cancel()
		job(ctx)
	}()
	return true
}

// Drain waits until the mails that are under way have been handed over, or ctx ends. No other method may be called meanwhile.
func (s *Service) Drain(ctx context.Context) error {
	for n := range maxJobs {
		select {
		case s.jobs <- struct{}{}:
		case <-ctx.Done():
			s.release(n)
			return ctx.Err()
		}
	}
	s.release(maxJobs)
	return nil
}

func (s *Service) release(n int) {
	for range n {
		<-s.jobs
	}
}

// notify tells somebody by mail what has happened to their account.
func (s *Service) notify(ctx context.Context, from From, p account.Person, to string, kind mails.Kind) {
	d := mails.Data{Product: s.config.Product, When: s.Now().UTC().Format("2006-01-02 15:04 UTC"), Address: from.client().Address}
	if !s.later(ctx, func(ctx context.Context) { s.send(ctx, from, p, to, kind, d) }) {
		s.Log.ErrorContext(ctx, "too many mails are under way; one was not sent", "kind", string(kind), "person", p.ID)
	}
}

// send makes a mail and hands it over. What goes wrong is logged: whoever asked for it has their answer already.
func (s *Service) send(ctx context.Context, from From, p account.Person, to string, kind mails.Kind, d mails.Data) {
	m, err := s.Mails.Make(kind, language(from, p), strings.TrimSpace(to), d)
	if err == nil {
		err = s.Mail.Send(ctx, m)
	}
	if err != nil {
		s.Log.ErrorContext(ctx, "a mail could not be sent", "kind", string(kind), "person", p.ID, "error", err)
	}
}

// language is the person's own, or the one in which they ask.
func language(from From, p account.Person) words.Language {
	if p.Locale != "" {
		return words.Language(p.Locale)
	}
	return from.Speaker.Language
}

// link returns an address for a mail. It begins with what is configured, never with what a request says of its host.
func (s *Service) link(from From, query url.Values, path ...string) string {
	base, ok := s.config.Sites[from.Site]
	if !ok {
		base = s.config.URL
	}
	var b strings.Builder
	b.WriteString(strings.TrimRight(base, "/"))
	for _, part := range path {
		b.WriteString("/" + url.PathEscape(part))
	}
	return b.String() + "?" + query.Encode()
}
