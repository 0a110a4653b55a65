package standard

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	tokens "madang/account/bearer"
	"madang/account/fortify"
	"madang/account/gate"
	"madang/account/hosts"
	"madang/account/keys"
	"madang/account/password"
	"madang/account/seal"
	"madang/account/signin"
	"madang/account/words"
	"madang/mail/smtp"
	"madang/server"
	"madang/web"
)

// Accounts are the settings of people who sign in here.
type Accounts struct {
	// Enabled lets people have accounts. In development mode they do.
	Enabled bool `yaml:"enabled"`
	// URL is where people find this server, such as https://example.com. Links in mails begin with it, never with what a request
	// says of its host. In development mode it is the address that the server listens on.
	URL string `yaml:"url"`
	// Product is what people call the service, in mails, on pages and in authenticator apps.
	Product string `yaml:"product"`
	// Key seals what must not be read out of the store, such as the secrets of second factors and the keys that sign tokens. It
	// has at least 32 characters; make one with "openssl rand -hex 32". All nodes have the same.
	Key server.Secret `yaml:"key"`
	// OldKeys open what was sealed before the key was changed.
	OldKeys []server.Secret `yaml:"old_keys"`
	// Locale is the language of pages and mails for people who ask for none that there is.
	Locale words.Language `yaml:"locale" enum:"en,ko"`
	// Home is where people go who have signed in.
	Home string `yaml:"home"`
	// Cookie is what the names of cookies begin with.
	Cookie string `yaml:"cookie"`
	// Origins are other origins whose pages may send requests and connect with their visitor's session, such as
	// https://app.example.com.
	Origins []string `yaml:"origins"`
	// Mails is a folder with texts of your own in place of the mails': reset.ko.txt, verify.en.txt, layout.html and so on. Empty:
	// there are none.
	Mails string `yaml:"mails"`
	// Terms is a file in Markdown with the terms of service. Empty: there is no such page.
	Terms string `yaml:"terms"`
	// Privacy is a file in Markdown with the privacy policy. Empty: there is no such page.
	Privacy string `yaml:"privacy"`
	// AuditKept is how long the audit log remembers.
	AuditKept time.Duration `yaml:"audit_kept"`

	Compat   AccountCompat   `doc:"What clients and their tests compare."`
	Hosts    hosts.Config    `doc:"What each host name is for. Without a word of it everything is on whatever host the server is reached by."`
	Page     AccountPage     `doc:"The page at the base host."`
	Web      signin.Config   `doc:"Members, who sign in with browsers: the guard web, with sessions."`
	API      signin.Config   `yaml:"api" doc:"Users, who sign in with apps: the guard api, with tokens."`
	Tokens   tokens.Config   `doc:"Access tokens of users."`
	Signing  keys.Config     `doc:"Keys that sign access tokens. They are made and changed by themselves."`
	Ably     AblySignIn      `doc:"A sign-in whose token opens connections of the Ably protocol too. Community-built, not an Ably product."`
	Gate     gate.Config     `doc:"Roles and permissions, and what they open."`
	Password password.Config `doc:"What a hash of a password costs."`

	dev      bool // development mode
	homeless bool // nobody has said where users take the links that they are mailed
}

// AccountCompat is what clients and their tests compare.
type AccountCompat struct {
	// Messages are whose English texts are used: those of Laravel 8, or of Laravel 10 and later.
	Messages words.Profile `yaml:"messages" enum:"laravel8,laravel10"`
	// FormThrottle tells one attempt too many to sign in as an error of the form and not by headers, as Fortify does when it has
	// no limiter of its own.
	FormThrottle bool `yaml:"form_throttle"`
}

// AccountPage is the page at the base host, for everybody.
type AccountPage struct {
	// Dir is a folder with a page of your own: index.html and what it needs. Empty: a plain page with the downloads.
	Dir string `yaml:"dir"`
	// Downloads are where apps can be had.
	Downloads []Download `yaml:"downloads"`
}

// A Download is a link on the plain page.
type Download struct {
	// Name is what the link says.
	Name string `yaml:"name"`
	// URL is where it leads.
	URL string `yaml:"url"`
}

func accountDefaults() Accounts {
	c := Accounts{
		Product: "Madang", Locale: words.English, Home: "/", Cookie: "madang", AuditKept: 365 * 24 * time.Hour,
		Compat: AccountCompat{Messages: words.Laravel10},
		Web:    signin.Defaults("web"), API: signin.Defaults("api"), Gate: gate.Defaults(), Password: password.Defaults(),
		Tokens: tokens.Defaults(), Signing: keys.Defaults(), Ably: ablySignInDefaults(),
	}
	for _, s := range []*signin.Config{&c.Web, &c.API} {
		s.App, s.Product = "", "" // they follow from what is said of all
		s.Features.Terms = false  // there are none yet
	}
	return c
}

// accountsOn lets developers have accounts.
func accountsOn(c *Accounts) { c.Enabled, c.Ably.Enabled, c.dev = true, true, true }

// newAccountKey makes development mode's key.
func newAccountKey(c *Accounts, secret func() string) {
	if c.Enabled {
		c.Key = cmp.Or(c.Key, server.Secret(secret()))
	}
}

// deriveAccounts sets what the two guards and the gate have in common with the rest.
func deriveAccounts(base *server.Config, c *Accounts) error {
	if c.Hosts.On() && c.Hosts.Base == "" {
		if u, err := url.Parse(c.URL); err == nil {
			c.Hosts.Base = hosts.Name(u.Host)
		}
	}
	for _, s := range c.Hosts.Sites {
		c.Gate.Hosts = append(c.Gate.Hosts, gate.HostRule{Host: s.Host, Guard: c.Web.Guard, Roles: []string{s.Role}})
	}
	c.homeless = c.API.URL == ""
	c.at(c.URL)
	for _, s := range []*signin.Config{&c.Web, &c.API} {
		s.Product = cmp.Or(s.Product, c.Product)
		if err := firstApp(base, &s.App); err != nil {
			return err
		}
	}
	return nil
}

// at sets where people find the server.
func (c *Accounts) at(own string) {
	c.URL = own
	c.Web.Sites = c.Hosts.URLs(own)
	if len(c.Hosts.Sites) > 0 {
		c.Web.URL = cmp.Or(c.Web.URL, c.Web.Sites[c.Hosts.Sites[0].Name]) // members sign in there alone
	}
	c.Web.URL = cmp.Or(c.Web.URL, own)
	if own != "" {
		c.API.URL = cmp.Or(c.API.URL, strings.TrimRight(c.Hosts.APIURL(own), "/")+fortify.LinksPath)
	}
	c.Tokens.Issuer = cmp.Or(c.Tokens.Issuer, own)
}

// fortify is how the routes of members answer. The files are read when the server starts.
func (c *Accounts) fortify() fortify.Config {
	return fortify.Config{
		Messages: c.Compat.Messages, Language: c.Locale, FormThrottle: c.Compat.FormThrottle, Cookie: c.Cookie, TrustedOrigins: c.Origins,
	}
}

// app is whose people they are.
func (c *Accounts) app() string { return c.Web.App }

// keys are those of the box, the present one first.
func (c *Accounts) keys() [][]byte {
	all := [][]byte{[]byte(c.Key)}
	for _, k := range c.OldKeys {
		all = append(all, []byte(k))
	}
	return all
}

// Validate reports what cannot work.
func (c *Accounts) Validate() error {
	if !c.Enabled {
		return nil
	}
	var errs []error
	fail := func(key string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", key, err))
		}
	}
	switch {
	case c.URL == "" && !c.dev:
		fail("url", errors.New("say where people find this server, such as https://example.com: links in mails begin with it"))
	default:
		tried := *c
		if c.URL == "" {
			tried.at("http://127.0.0.1") // the address that it will listen on
		}
		fail("web", tried.Web.Validate())
		fail("api", tried.API.Validate())
		fail("tokens", tried.Tokens.Validate())
	}
	for i, key := range append([]server.Secret{c.Key}, c.OldKeys...) {
		name := "key"
		if i > 0 {
			name = fmt.Sprintf("old_keys[%d]", i-1)
		}
		if len(key) < seal.MinKey {
			fail(name, fmt.Errorf(`has %d characters and needs at least %d; make one with "openssl rand -hex 32"`, len(key), seal.MinKey))
		}
	}
	if c.Web.Features.Terms && c.Terms == "" {
		fail("web.features.terms", errors.New("name the file that has to be accepted under account.terms"))
	}
	if err := c.fortify().Validate(); err != nil {
		errs = append(errs, err)
	}
	fail("signing", c.Signing.Validate())
	if c.Ably.Enabled {
		fail("ably", c.Ably.Validate())
	}
	fail("hosts", c.Hosts.Validate())
	fail("password", c.Password.Validate())
	if err := c.Gate.Validate(); err != nil {
		errs = append(errs, err) // it says gate itself
	}
	if c.AuditKept < time.Hour {
		fail("audit_kept", fmt.Errorf("must be at least 1h, not %v", c.AuditKept))
	}
	if !local(c.Home) {
		fail("home", fmt.Errorf("must be a path on this server such as /, not %q", c.Home))
	}
	const maxDownloads = 8 // the page has room for no more
	if len(c.Page.Downloads) > maxDownloads {
		fail("page.downloads", fmt.Errorf("there is room for %d, not for %d", maxDownloads, len(c.Page.Downloads)))
	}
	for i, d := range c.Page.Downloads {
		if u, err := url.Parse(d.URL); err != nil || u.Scheme != "https" || u.Host == "" || d.Name == "" {
			fail(fmt.Sprintf("page.downloads[%d]", i), errors.New("needs a name and a url with https"))
		}
	}
	return errors.Join(errs...)
}

// local reports whether a browser that is sent to a path stays on this server: two slashes begin the address of another.
func local(path string) bool {
	return len(path) > 0 && path[0] == '/' && (len(path) == 1 || path[1] != '/' && path[1] != '\\')
}

// checkAccounts finds features that need mail on a server that has none, and warns of links that lead nowhere.
func checkAccounts(set *server.Settings) error {
	c, err := server.SectionOf[Accounts](set)
	if err != nil {
		return err
	}
	out, err := server.SectionOf[smtp.Config](set)
	if err != nil {
		return err
	}
	if !c.Enabled || c.dev {
		return nil
	}
	if out.Host != "" {
		pages, err := server.SectionOf[web.Config](set)
		if err == nil && c.homeless && (!pages.Enabled || c.Hosts.On() && c.Hosts.API == "") && (c.API.Features.Reset || c.API.Features.Verification) {
			set.Warnings = append(set.Warnings, "account.api.url is not set: the links in mails to users lead to pages that are not there, "+
				"because web.enabled is false or account.hosts names no api; name where your app takes them, "+
				"or turn off reset_passwords and email_verification under account.api.features")
		}
		return err
	}
	var errs []error
	for name, s := range map[string]signin.Config{"web": c.Web, "api": c.API} {
		if s.Features.Reset {
			errs = append(errs, fmt.Errorf("account.%s.features.reset_passwords: needs mail; set mail.host, or this to false", name))
		}
		if s.Features.Verification {
			errs = append(errs, fmt.Errorf("account.%s.features.email_verification: needs mail; set mail.host, or this to false", name))
		}
	}
	return errors.Join(errs...)
}
