package clients_test

import (
	"bytes"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"

	"madang/account/clients/house"
	"madang/account/signin/mails"
	"madang/account/totp"
	"madang/account/words"
)

// TestMails has all mails about accounts go through a real mail server to somebody who reads them, and follows their links.
func TestMails(t *testing.T) {
	for _, lang := range []words.Language{words.English, words.Korean} {
		t.Run(string(lang), func(t *testing.T) {
			s := startSink(t)
			r := reader{t: t, sink: s, house: house.New(t, house.Options{Mail: s.sender(t)}), lang: lang, seen: map[string]int{}}
			r.verifies()
			r.resets()
			r.changes()
			r.secures()
			r.refreshes()
			for _, kind := range mails.Kinds() {
				if !r.read[kind] {
					t.Errorf("nobody was sent the mail %s", kind)
				}
			}
		})
	}
}

// A reader is somebody with a browser and mail.
type reader struct {
	t       *testing.T
	sink    *sink
	house   *house.House
	lang    words.Language
	browser http.Client
	seen    map[string]int // letters read, by address
	read    map[mails.Kind]bool
}

const (
	email = "kim@example.com"
	other = "lee@example.com"
	word  = "correct horse battery"
)

// ask sends a request as a page of the server does, and returns the answer's body. The answer must have a status.
func (r *reader) ask(status int, method, path string, form any) (body []byte) {
	r.t.Helper()
	content, err := json.Marshal(form)
	if err != nil {
		r.t.Fatal(err)
	}
	q, err := http.NewRequestWithContext(r.t.Context(), method, r.house.URL+path, bytes.NewReader(content))
	if err != nil {
		r.t.Fatal(err)
	}
	if form == nil {
		q.Body, q.ContentLength = http.NoBody, 0
	}
	for name, value := range map[string]string{
		"Accept": "application/json", "Content-Type": "application/json", "Accept-Language": string(r.lang), "Sec-Fetch-Site": "same-origin",
	} {
		q.Header.Set(name, value)
	}
	answer, err := r.browser.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	body, err = io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil || answer.StatusCode != status {
		r.t.Fatalf("%s %s: %s, %v\n%s", method, path, answer.Status, err, body)
	}
	return body
}

// fresh opens another browser.
func (r *reader) fresh() {
	r.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	r.browser = http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// gets reads the next mail to an address, which must be of a kind, and returns the path that its link leads to on the server.
func (r *reader) gets(kind mails.Kind, to string) (path string) {
	r.t.Helper()
	r.house.Drain()
	all := r.sink.letters(to)
	if len(all) <= r.seen[to] {
		r.t.Fatalf("there is no mail %s to %s", kind, to)
	}
	got := all[r.seen[to]]
	r.seen[to]++
	texts, err := mails.New(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	want, err := texts.Make(kind, r.lang, to, mails.Data{Link: r.house.URL})
	if err != nil {
		r.t.Fatal(err)
	}
	if got.subject != want.Subject {
		r.t.Fatalf("the subject is %q, want %q", got.subject, want.Subject)
	}
	r.read[kind] = true
	link := house.Link(got.text)
	if hasLink := kind == mails.Verify || kind == mails.Reset; hasLink != (link != "") {
		r.t.Fatalf("the link of %s is %q", kind, link)
	}
	if !strings.Contains(html.UnescapeString(got.html), link) {
		r.t.Errorf("the link %s is not in the mail's HTML:\n%s", link, got.html)
	}
	path, ok := strings.CutPrefix(link, r.house.URL)
	if link != "" && !ok {
		r.t.Fatalf("the link leads elsewhere: %s", link)
	}
	return path
}

type fields map[string]any

// verifies registers and proves the address.
func (r *reader) verifies() {
	r.t.Helper()
	r.read = map[mails.Kind]bool{}
	r.fresh()
	r.ask(http.StatusCreated, "POST", "/register", fields{"name": "Kim", "email": email, "password": word, "password_confirmation": word, "terms": true})
	link := r.gets(mails.Verify, email)
	r.ask(http.StatusForbidden, "GET", tokens, nil)
	r.ask(http.StatusForbidden, "GET", strings.Replace(link, "signature=", "signature=0", 1), nil)
	r.ask(http.StatusNoContent, "GET", link, nil)
	r.ask(http.StatusOK, "GET", tokens, nil)
}

// tokens is a page for whose address is proved.
const tokens = "/user/api-tokens"

// resets forgets the password.
func (r *reader) resets() {
	r.t.Helper()
	r.fresh()
	r.ask(http.StatusOK, "POST", "/forgot-password", fields{"email": email})
	link := r.gets(mails.Reset, email)
	if page := r.ask(http.StatusOK, "GET", link, nil); !bytes.Contains(page, []byte("Auth/ResetPassword")) {
		r.t.Fatalf("the page of the link is %s", page)
	}
	secret, _, _ := strings.Cut(strings.TrimPrefix(link, "/reset-password/"), "?")
	next := fields{"token": secret, "email": email, "password": word + "!", "password_confirmation": word + "!"}
	r.ask(http.StatusOK, "POST", "/reset-password", next)
	r.gets(mails.PasswordChanged, email)
	r.ask(http.StatusUnprocessableEntity, "POST", "/reset-password", next)
	r.ask(http.StatusOK, "POST", "/login", fields{"email": email, "password": word + "!"})
}

// changes moves to another address.
func (r *reader) changes() {
	r.t.Helper()
	r.ask(http.StatusOK, "PUT", "/user/profile-information", fields{"name": "Lee", "email": other})
	r.gets(mails.EmailChanged, email)
	r.ask(http.StatusForbidden, "GET", tokens, nil)
	r.ask(http.StatusNoContent, "GET", r.gets(mails.Verify, other), nil)
	r.ask(http.StatusOK, "GET", tokens, nil)
}

// secures turns a second factor on, signs in with a recovery code, and turns it off.
func (r *reader) secures() {
	r.t.Helper()
	const factor = "/user/two-factor-authentication"
	r.ask(http.StatusCreated, "POST", "/user/confirm-password", fields{"password": word + "!"})
	r.ask(http.StatusOK, "POST", factor, nil)
	var key struct{ SecretKey string }
	if err := json.Unmarshal(r.ask(http.StatusOK, "GET", "/user/two-factor-secret-key", nil), &key); err != nil {
		r.t.Fatal(err)
	}
	code, err := totp.Code(key.SecretKey, totp.Step(r.house.Now()))
	if err != nil {
		r.t.Fatal(err)
	}
	r.ask(http.StatusOK, "POST", "/user/confirmed-two-factor-authentication", fields{"code": code})
	r.gets(mails.FactorOn, other)
	var codes []string
	if err := json.Unmarshal(r.ask(http.StatusOK, "GET", "/user/two-factor-recovery-codes", nil), &codes); err != nil || len(codes) == 0 {
		r.t.Fatalf("%q, %v", codes, err)
	}
	r.house.Later(time.Minute)
	r.fresh()
	r.ask(http.StatusOK, "POST", "/login", fields{"email": other, "password": word + "!"})
	r.ask(http.StatusNoContent, "POST", "/two-factor-challenge", fields{"recovery_code": codes[0]})
	r.gets(mails.RecoveryUsed, other)
	r.ask(http.StatusCreated, "POST", "/user/confirm-password", fields{"password": word + "!"})
	r.ask(http.StatusOK, "DELETE", factor, nil)
	r.gets(mails.FactorOff, other)
}

// refreshes is somebody who signs in by tokens. They use a refresh token twice, as who has stolen it does; an app shows the parts
// of their links.
func (r *reader) refreshes() {
	r.t.Helper()
	const user, path = "user@example.com", "/api/auth/token"
	r.ask(http.StatusCreated, "POST", "/api/auth/register", fields{"name": "Kim", "email": user, "password": word, "password_confirmation": word, "terms": true})
	verified := r.gets(mails.Verify, user)
	var first struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if err := json.Unmarshal(r.ask(http.StatusOK, "POST", path, fields{"grant_type": "password", "username": user, "password": word}), &first); err != nil {
		r.t.Fatal(err)
	}
	const proves, another = "/api/auth/email/verify/", "/api/auth/email/verification-notification"
	own := "&token=" + first.Access
	r.ask(http.StatusUnauthorized, "GET", strings.Replace(verified, "/email/verify/", proves, 1), nil)
	r.ask(http.StatusForbidden, "GET", strings.Replace(verified, "/email/verify/", proves, 1)+"0"+own, nil)
	r.ask(http.StatusAccepted, "POST", another, fields{"token": first.Access})
	verified = r.gets(mails.Verify, user)
	r.ask(http.StatusNoContent, "GET", strings.Replace(verified, "/email/verify/", proves, 1)+own, nil)
	r.ask(http.StatusNoContent, "POST", another, fields{"token": first.Access})
	again := fields{"grant_type": "refresh_token", "refresh_token": first.Refresh}
	r.ask(http.StatusOK, "POST", path, again)
	r.ask(http.StatusBadRequest, "POST", path, again)
	r.gets(mails.Reused, user)

	r.fresh()
	r.ask(http.StatusOK, "POST", "/api/auth/forgot-password", fields{"email": user})
	secret, _, _ := strings.Cut(strings.TrimPrefix(r.gets(mails.Reset, user), "/reset-password/"), "?")
	next := fields{"token": secret, "email": user, "password": word + "!", "password_confirmation": word + "!"}
	r.ask(http.StatusUnprocessableEntity, "POST", "/reset-password", next) // it is no member's
	r.ask(http.StatusOK, "POST", "/api/auth/reset-password", next)
	r.gets(mails.PasswordChanged, user)
	r.ask(http.StatusUnprocessableEntity, "POST", "/api/auth/reset-password", next)
	r.ask(http.StatusOK, "POST", "/api/auth/login", fields{"email": user, "password": word + "!"})
}
