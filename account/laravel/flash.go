package laravel

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"

	"madang/account/seal"
)

// A Flash is what one answer leaves for the next page. It travels in a cookie that only the server can read and write: nobody
// can put words into its mouth.
type Flash struct {
	Status string            `json:"s,omitempty"` // what was done, in words or by a name such as "password-updated"
	Token  string            `json:"t,omitempty"` // a new API token, which is shown once
	Errors map[string]string `json:"e,omitempty"` // of a form: the first text of each field
	Bag    string            `json:"b,omitempty"` // which of a page's forms the errors are about; empty: the only one
	// Intended is the path that somebody wanted to go to before they had to sign in, or to confirm their password. It stays
	// until it is used.
	Intended string `json:"i,omitempty"`
}

// Empty reports whether there is nothing in it.
func (f Flash) Empty() bool {
	return f.Status == "" && f.Token == "" && len(f.Errors) == 0 && f.Intended == ""
}

// A Flasher writes and reads the flash of a site.
type Flasher struct {
	Box     *seal.Box
	Cookies Cookies
	Site    string
}

const (
	flashLife    = time.Minute      // until the next page
	intendedLife = 10 * time.Minute // until the password has been typed
	maxFlash     = 3800             // browsers keep 4096 bytes of a cookie with its name
)

// sealed is a Flash in its cookie.
type sealed struct {
	Flash
	At int64 `json:"at"` // Unix seconds
}

func (f Flasher) purpose() string { return "flash:" + f.Cookies.Name + ":" + f.Site }

// Put leaves a flash, in place of what was left before. What does not fit into a cookie loses its errors first.
func (f Flasher) Put(w http.ResponseWriter, flash Flash, now time.Time) {
	if !LocalPath(flash.Intended) {
		flash.Intended = ""
	}
	value := f.seal(flash, now)
	if len(value) > maxFlash {
		flash.Errors, flash.Intended = nil, ""
		value = f.seal(flash, now)
	}
	if len(value) > maxFlash || value == "" {
		f.Clear(w)
		return
	}
	put(w, f.Cookies.cookie(f.Cookies.flashName(), value))
}

func (f Flasher) seal(flash Flash, now time.Time) string {
	body, err := json.Marshal(sealed{flash, now.Unix()})
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(f.Box.Seal(body, f.purpose()))
}

// Clear leaves nothing.
func (f Flasher) Clear(w http.ResponseWriter) {
	k := f.Cookies.cookie(f.Cookies.flashName(), "")
	k.MaxAge = -1
	put(w, k)
}

// Peek returns what was left. Nothing is left by what is too old, was changed, or is of another site.
func (f Flasher) Peek(r *http.Request, now time.Time) Flash {
	k, err := r.Cookie(f.Cookies.flashName())
	if err != nil || len(k.Value) > maxFlash {
		return Flash{}
	}
	raw, err := base64.RawURLEncoding.DecodeString(k.Value)
	if err != nil {
		return Flash{}
	}
	body, err := f.Box.Open(raw, f.purpose())
	if err != nil {
		return Flash{}
	}
	var s sealed
	if json.Unmarshal(body, &s) != nil {
		return Flash{}
	}
	age := now.Sub(time.Unix(s.At, 0))
	if age > intendedLife || age < -time.Minute || !LocalPath(s.Intended) {
		s.Intended = ""
	}
	if age > flashLife || age < -time.Minute {
		return Flash{Intended: s.Intended}
	}
	return s.Flash
}

// Take is Peek for the page that shows it: afterwards nothing is left but where somebody wanted to go.
func (f Flasher) Take(w http.ResponseWriter, r *http.Request, now time.Time) Flash {
	flash := f.Peek(r, now)
	switch _, err := r.Cookie(f.Cookies.flashName()); {
	case err != nil:
	case flash.Intended == "":
		f.Clear(w)
	default:
		f.Put(w, Flash{Intended: flash.Intended}, now)
	}
	return flash
}
