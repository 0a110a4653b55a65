// Package mails writes the mails about signing in. A mail is one text in each language: its first line is the subject, and
// paragraphs follow. The HTML is made from the same text by one layout, so that the two never say different things. All of them
// can be replaced by files of the same names: reset.ko.txt, layout.html.
//
// Nothing in a mail was typed by whoever caused it, but the address that it goes to: a name of one's own choice in a mail to
// somebody else is how strangers would write to them in the server's name.
package mails

import (
	"embed"
	"errors"
	"fmt"
	html "html/template"
	"io/fs"
	"path"
	"strings"
	"text/template"

	"madang/account/words"
	"madang/mail"
)

// A Kind is what a mail is about.
type Kind string

// Kinds.
const (
	Reset           Kind = "reset"            // a link to choose a new password
	Verify          Kind = "verify"           // a link that proves the address
	PasswordChanged Kind = "password-changed" // also after a reset
	EmailChanged    Kind = "email-changed"    // to the old address
	FactorOn        Kind = "factor-on"
	FactorOff       Kind = "factor-off"
	RecoveryUsed    Kind = "recovery-used"
	Reused          Kind = "reused" // a token was shown that had been exchanged before
)

// Kinds returns all of them.
func Kinds() []Kind {
	return []Kind{Reset, Verify, PasswordChanged, EmailChanged, FactorOn, FactorOff, RecoveryUsed, Reused}
}

// Data is what a text can name.
type Data struct {
	Product string // what people call the service
	Link    string // for Reset and Verify; on a line of its own it becomes a button
	Minutes int    // how long the link is good
	When    string // when it happened, for people to read
	Address string // of the network it came from; empty: not known
}

//go:embed texts
var builtin embed.FS

// maxFile is the longest template in bytes.
const maxFile = 64 << 10

// A Set is the mails in all languages. It is safe for concurrent use.
type Set struct {
	texts  map[string]*template.Template
	layout *html.Template
}

// layoutFile is the name of the file around all texts.
const layoutFile = "layout.html"

// New returns the built-in mails, or where override has a file of the same name, that one. It fails if one of them cannot be
// read or filled in, or if a text or layout in override is none of a mail's: nobody would notice a name that is wrong by a
// letter. Override may be nil.
func New(override fs.FS) (*Set, error) {
	if override != nil {
		if err := check(override); err != nil {
			return nil, err
		}
	}
	s := &Set{texts: map[string]*template.Template{}}
	layout, err := read(override, layoutFile)
	if err != nil {
		return nil, err
	}
	if s.layout, err = html.New("layout.html").Parse(layout); err != nil {
		return nil, fmt.Errorf("mails: %w", err)
	}
	for _, kind := range Kinds() {
		for _, lang := range []words.Language{words.English, words.Korean} {
			name := file(kind, lang)
			text, err := read(override, name)
			if err != nil {
				return nil, err
			}
			if s.texts[name], err = template.New(name).Option("missingkey=error").Parse(text); err != nil {
				return nil, fmt.Errorf("mails: %w", err)
			}
			sample := Data{Product: "Madang", Link: "https://example.com/", Minutes: 60, When: "2026-01-02 03:04 UTC", Address: "192.0.2.1"}
			if _, err := s.Make(kind, lang, "kim@example.com", sample); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// check finds files that take nothing's place.
func check(override fs.FS) error {
	all, err := fs.ReadDir(override, ".")
	if err != nil {
		return wrap(err)
	}
	known := map[string]bool{layoutFile: true}
	for _, kind := range Kinds() {
		known[file(kind, words.English)], known[file(kind, words.Korean)] = true, true
	}
	for _, f := range all {
		if ext := path.Ext(f.Name()); (ext == ".txt" || ext == ".html") && !known[f.Name()] {
			return fmt.Errorf("mails: there is no mail for the file %q; names are such as reset.ko.txt and %s", f.Name(), layoutFile)
		}
	}
	return nil
}

func file(kind Kind, lang words.Language) string {
	if lang != words.Korean {
		lang = words.English
	}
	return string(kind) + "." + string(lang) + ".txt"
}

func read(override fs.FS, name string) (string, error) {
	if override != nil {
		b, err := fs.ReadFile(override, name)
		if err == nil && len(b) > maxFile {
			return "", fmt.Errorf("mails: %s has %d bytes, at most %d are allowed", name, len(b), maxFile)
		}
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return string(b), wrap(err)
		}
	}
	b, err := builtin.ReadFile("texts/" + name)
	return string(b), wrap(err)
}

func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("mails: %w", err)
}

// A paragraph is what the layout is given for each part of a text between empty lines.
type paragraph struct {
	Text string
	Link bool // it is the link alone
}

// Make writes a mail to an address. Languages other than Korean are English.
func (s *Set) Make(kind Kind, lang words.Language, to string, d Data) (mail.Message, error) {
	t, ok := s.texts[file(kind, lang)]
	if !ok {
		return mail.Message{}, fmt.Errorf("mails: there is no mail %q", kind)
	}
	var b strings.Builder
	if err := t.Execute(&b, d); err != nil {
		return mail.Message{}, fmt.Errorf("mails: %w", err)
	}
	subject, body, _ := strings.Cut(b.String(), "\n")
	body = strings.TrimSpace(body) + "\n"
	var parts []paragraph
	for text := range strings.SplitSeq(body, "\n\n") {
		if text = strings.TrimSpace(text); text != "" {
			parts = append(parts, paragraph{text, d.Link != "" && text == d.Link})
		}
	}
	var page strings.Builder
	err := s.layout.Execute(&page, struct {
		Language, Product, Subject string
		Paragraphs                 []paragraph
	}{string(lang), d.Product, subject, parts})
	if err != nil {
		return mail.Message{}, fmt.Errorf("mails: %w", err)
	}
	m := mail.Message{To: mail.Address{Address: to}, Subject: strings.TrimSpace(subject), Text: body, HTML: page.String()}
	if err := m.Validate(); err != nil {
		return mail.Message{}, fmt.Errorf("mails: %s: %w", kind, err)
	}
	return m, nil
}
