// Package develop shows developers the mails that a server would have sent: those that a mail.Box has kept, on a page of the
// machine that they sit at, and as JSON for their tests.
//
//	GET /dev/mail        the page
//	GET /dev/mail.json   {"mails": [{"id", "at", "to": {"name", "address"}, "subject", "text", "html"}]}, the newest first;
//	                     html says whether there is one
//	GET /dev/mail/{id}   the HTML of one, which can neither run scripts nor load anything
package develop

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"madang/internal/thismachine"
	"madang/mail"
)

// Mailbox is the handlers of /dev/mail.
type Mailbox struct {
	box  *mail.Box
	page http.Handler
}

// New returns a Mailbox of what a Box keeps. Page shows the list of /dev/mail.json to people.
func New(box *mail.Box, page http.Handler) *Mailbox { return &Mailbox{box: box, page: page} }

// Routes returns the patterns of the mailbox. All are for this machine alone: mails have links that sign people in.
func (m *Mailbox) Routes() map[string]http.Handler {
	only := func(h http.Handler) http.Handler { return thismachine.Only("the mails of development are", h) }
	return map[string]http.Handler{
		"GET /dev/mail":      only(m.page),
		"GET /dev/mail.json": only(http.HandlerFunc(m.list)),
		"GET /dev/mail/{id}": only(http.HandlerFunc(m.html)),
	}
}

// A letter is a mail as JSON.
type letter struct {
	ID      int64     `json:"id"`
	At      time.Time `json:"at"`
	To      address   `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	HTML    bool      `json:"html"`
}

type address struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

func (m *Mailbox) list(w http.ResponseWriter, _ *http.Request) {
	all := []letter{}
	for _, x := range m.box.Mails() {
		all = append(all, letter{ID: x.ID, At: x.At, To: address(x.To), Subject: x.Subject, Text: x.Text, HTML: x.HTML != ""})
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_ = json.NewEncoder(w).Encode(map[string]any{"mails": all}) // a client that is gone hears nothing
}

// policy is what a mail may do when it is shown: look as it looks. Its links open pages of their own.
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'self'; " +
	"sandbox allow-popups allow-popups-to-escape-sandbox"

func (m *Mailbox) html(w http.ResponseWriter, r *http.Request) {
	for _, x := range m.box.Mails() {
		if strconv.FormatInt(x.ID, 10) != r.PathValue("id") || x.HTML == "" {
			continue
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		// Whatever the mail begins with: a second doctype is passed over, and the first base counts.
		_, _ = w.Write([]byte(`<!doctype html><base target="_blank">` + x.HTML)) // a client that is gone hears nothing
		return
	}
	http.Error(w, "there is no such mail, or it has no HTML", http.StatusNotFound)
}
