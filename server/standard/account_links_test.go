//go:build unix

package standard_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// mailedLink waits for a link in a mail to somebody.
func mailedLink(t *testing.T, server, to, path string) *url.URL {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		for _, text := range mails(t, server, to) {
			if link := regexp.MustCompile(`https?://\S+` + path + `\S+`).FindString(text); link != "" {
				u, err := url.Parse(link)
				if err != nil {
					t.Fatal(err)
				}
				return u
			}
		}
	}
	t.Fatalf("nobody has mailed %s a link to %s", to, path)
	return nil
}

// TestLinksOfUsers registers with an app, and follows the links of the mails in a browser that knows nobody. A member with the
// same address is signed in there, and is not touched.
func TestLinksOfUsers(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, nil)
	member(t, dir, "lee@barun.test", "--no-verified")
	app, b := newBrowser(t, p.url), newBrowser(t, p.url)
	b.login("lee@barun.test")
	lee := []string{"Authorization", "Bearer " + field(t, app.must(http.StatusCreated, http.MethodPost, "/api/auth/register", url.Values{
		"name": {"Lee"}, "email": {"lee@barun.test"}, "password": {password}, "password_confirmation": {password},
	}), "access_token")}
	const html = "text/html,application/xhtml+xml"

	proof := mailedLink(t, p.url, "lee@barun.test", "/users/email/verify/")
	if !strings.HasPrefix(proof.String(), p.url+"/users/") {
		t.Errorf("the link leads to %s", proof)
	}
	if a := b.must(http.StatusOK, http.MethodGet, proof.RequestURI(), nil, "Accept", html); !strings.Contains(a.body, "Auth/VerifyUser") {
		t.Errorf("the link shows %s", a.body)
	}
	verified := regexp.MustCompile(`"email_verified_at":"2`)
	if a := app.must(http.StatusOK, http.MethodGet, "/api/user", nil, lee...); verified.MatchString(a.body) {
		t.Error("who opens the link has used it")
	}
	form := url.Values{"signature": {proof.Query().Get("signature")}}
	b.must(http.StatusForbidden, http.MethodGet, strings.TrimPrefix(proof.RequestURI(), "/users"), nil)
	if a := b.must(http.StatusFound, http.MethodPost, proof.Path, form, "Accept", html); a.header.Get("Location") != "/users/done" {
		t.Errorf("after it the browser is sent to %s", a.header.Get("Location"))
	}
	if a := b.must(http.StatusOK, http.MethodGet, "/users/done", nil, "Accept", html); !strings.Contains(a.body, "email-verified") {
		t.Errorf("in the end it shows %s", a.body)
	}
	b.must(http.StatusForbidden, http.MethodPost, proof.Path, form)
	if a := app.must(http.StatusOK, http.MethodGet, "/api/user", nil, lee...); !verified.MatchString(a.body) {
		t.Errorf("the user is %s", a.body)
	}
	if a := b.must(http.StatusOK, http.MethodGet, "/api/user", nil); verified.MatchString(a.body) || !strings.Contains(a.body, "member lee") {
		t.Errorf("the member is %s", a.body)
	}

	app.must(http.StatusOK, http.MethodPost, "/api/auth/forgot-password", url.Values{"email": {"lee@barun.test"}})
	reset := mailedLink(t, p.url, "lee@barun.test", "/users/reset-password/")
	if a := b.must(http.StatusOK, http.MethodGet, reset.RequestURI(), nil, "Accept", html); !strings.Contains(a.body, `"action":"/users/reset-password"`) {
		t.Errorf("the link shows %s", a.body)
	}
	b.must(http.StatusFound, http.MethodPost, "/users/reset-password", url.Values{
		"token": {strings.TrimPrefix(reset.Path, "/users/reset-password/")}, "email": {"lee@barun.test"},
		"password": {"battery staple"}, "password_confirmation": {"battery staple"},
	}, "Accept", html)
	app.must(http.StatusUnauthorized, http.MethodGet, "/api/user", nil, lee...)
	app.must(http.StatusOK, http.MethodPost, "/api/auth/login", url.Values{"email": {"lee@barun.test"}, "password": {"battery staple"}})
	b.must(http.StatusOK, http.MethodGet, "/api/user", nil) // the member's session has not ended
	newBrowser(t, p.url).login("lee@barun.test")            // nor have they another password
}

// TestHostsOfLinks asks the hosts for the pages of users' links: they are where users are.
func TestHostsOfLinks(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, strings.Replace(barunHosts, "  api: {features: {reset_passwords: false, email_verification: false}}\n", "", 1)+
		"mail: {host: 127.0.0.1, port: 1, encryption: none, from: no-reply@barun.test}\n")
	status, out, errs := command(t, dir, nil, "config", "show")
	if status != 0 || !strings.Contains(out, "http://api.barun.test/users") {
		t.Errorf("%d %s\n%s", status, errs, out)
	}
	p := serve(t, dir, nil)
	b := newBrowser(t, p.url)
	const page = "/users/reset-password/x"
	api := b.at("http://api.barun.test")
	a := api.must(http.StatusOK, http.MethodGet, page, nil, "Accept", "text/html")
	for _, path := range regexp.MustCompile(`/(assets/[^"]+|favicon\.svg)`).FindAllString(a.body, -1) {
		api.must(http.StatusOK, http.MethodGet, path, nil)
	}
	if !strings.Contains(a.body, `/assets/`) {
		t.Errorf("the page is made of nothing: %s", a.body)
	}
	api.must(http.StatusNotFound, http.MethodGet, "/reset-password/x", nil, "Accept", "text/html")
	b.at("http://barun.test").must(http.StatusNotFound, http.MethodGet, page, nil)
	b.at("http://admin.barun.test").must(http.StatusUnauthorized, http.MethodGet, page, nil)
}
