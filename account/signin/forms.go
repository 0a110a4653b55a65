package signin

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"madang/account"
	"madang/account/password"
	"madang/account/words"
	sender "madang/mail"
)

// A form's fields are called as clients of Fortify send them. What else a client sends is not part of it and changes nothing.
// Wrong is what whoever read the form has found already, such as a field that is a list; it is told with the rest, and those
// fields are looked at no more. Nil: nothing.
type (
	// LoginForm is name and password, and for tokens the second factor.
	LoginForm struct {
		Email        string `json:"email"`
		Password     string `json:"password"`
		Remember     bool   `json:"remember"`
		Code         string `json:"code"`          // of an authenticator app
		RecoveryCode string `json:"recovery_code"` // instead of it

		Wrong *words.Errors `json:"-"`
	}
	// ChallengeForm is the second factor: one of the two.
	ChallengeForm struct {
		Code         string `json:"code"`
		RecoveryCode string `json:"recovery_code"`
	}
	// RegisterForm is a new account.
	RegisterForm struct {
		Name         string `json:"name"`
		Email        string `json:"email"`
		Password     string `json:"password"`
		Confirmation string `json:"password_confirmation"`
		Terms        bool   `json:"terms"`

		Wrong *words.Errors `json:"-"`
	}
	// ProfileForm is what people can change of themselves.
	ProfileForm struct {
		Name  string `json:"name"`
		Email string `json:"email"`

		Wrong *words.Errors `json:"-"`
	}
	// PasswordForm is a change of the password.
	PasswordForm struct {
		Current      string `json:"current_password"`
		Password     string `json:"password"`
		Confirmation string `json:"password_confirmation"`

		Wrong *words.Errors `json:"-"`
	}
	// ResetForm is a new password by a link.
	ResetForm struct {
		Token        string `json:"token"`
		Email        string `json:"email"`
		Password     string `json:"password"`
		Confirmation string `json:"password_confirmation"`

		Wrong *words.Errors `json:"-"`
	}
)

// maxName is the longest name in characters, as Laravel's forms have it. In bytes account.MaxName holds too.
const maxName = 255

// addressable reports whether an address can be somebody's. Who signs in may have one that could not be registered today.
func addressable(email string) bool {
	return account.Canonical(email) != "" && len(email) <= account.MaxEmail && utf8.ValidString(email) && !strings.ContainsRune(email, 0)
}

func checkName(e *words.Errors, name string) {
	switch {
	case e.Has("name"):
	case strings.TrimSpace(name) == "":
		e.Add("name", words.Required)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		e.Add("name", words.String)
	case utf8.RuneCountInString(name) > maxName || len(name) > account.MaxName:
		e.Add("name", words.MaxString, "max", words.Number(maxName))
	}
}

func checkEmail(e *words.Errors, email string) {
	email = strings.TrimSpace(email)
	parsed, err := mail.ParseAddress(email)
	switch {
	case e.Has("email"):
	case email == "":
		e.Add("email", words.Required)
	case len(email) > account.MaxEmail:
		e.Add("email", words.MaxString, "max", words.Number(account.MaxEmail))
	case err != nil || parsed.Address != email || sender.Address{Address: email}.Validate() != nil || !readable(email) || !named(email):
		e.Add("email", words.Email)
	}
}

// readable reports whether all of an address can be seen: one with something invisible in it looks like somebody else's.
func readable(email string) bool {
	return !strings.ContainsFunc(email, func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) })
}

// maxLabel is the longest part of a host's name, in bytes (RFC 1035, section 2.3.4).
const maxLabel = 63

// named reports whether an address names a host, as hosts can be named. One that says its number is none: strangers would
// choose what the mail server connects to.
func named(email string) bool {
	_, host, _ := strings.Cut(email, "@")
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' || strings.ContainsFunc(label, func(r rune) bool {
			return r != '-' && !unicode.In(r, unicode.Letter, unicode.Mark, unicode.Digit)
		}) {
			return false
		}
	}
	return strings.Trim(host[strings.LastIndexByte(host, '.')+1:], "0123456789") != ""
}

// checkPassword checks a new one.
func (s *Service) checkPassword(e *words.Errors, text, confirmation string) {
	switch {
	case e.Has("password"):
		return
	case strings.TrimSpace(text) == "": // as where one signs in
		e.Add("password", words.Required)
	case !utf8.ValidString(text):
		e.Add("password", words.String)
	case utf8.RuneCountInString(text) < s.config.MinPassword:
		e.Add("password", words.MinString, "min", words.Number(s.config.MinPassword))
	case len(text) > password.MaxLength:
		e.Add("password", words.MaxString, "max", words.Number(password.MaxLength))
	}
	if text != confirmation {
		e.Add("password", words.Confirmed)
	}
}

// wrong returns the refusal of a form, or nil.
func wrong(e *words.Errors) error {
	if !e.Any() {
		return nil
	}
	return &Refusal{Class: Invalid, Code: CodeInvalid, Key: words.Invalid, Errors: e}
}

// begin returns the list of what is wrong with a form, which begins with what was found already.
func begin(from From, found *words.Errors) *words.Errors {
	if found == nil {
		return words.NewErrors(from.Speaker)
	}
	return found
}

// required asks for fields, given as pairs of a name and a value.
func required(e *words.Errors, pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if strings.TrimSpace(pairs[i+1]) == "" && !e.Has(pairs[i]) {
			e.Add(pairs[i], words.Required)
		}
	}
}
