package web

import "net/http"

// mailPolicy lets the page with the mails show one in a frame, which has a policy of its own.
const mailPolicy = policy + "; frame-src 'self'"

// Mails returns the page that shows the mails of development, which it finds at /dev/mail.json and /dev/mail/{id}.
func (p *Pages) Mails() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.mail.serve(w, r, mailPolicy) })
}
