package fortify

import (
	"net/http"

	"madang/account/laravel"
	"madang/account/photo"
)

// A need is who a route is for.
type need string

// Needs, as Laravel calls its middleware.
const (
	anybody   need = ""
	guest     need = "guest"
	auth      need = "auth"
	verified  need = "auth, verified"
	confirmed need = "auth, password.confirm"
	holder    need = "link" // of a mail; who the browser's session belongs to is not asked
)

// A route is what one method of one path does.
type route struct {
	name   string // as Laravel calls it
	method string
	path   string
	need   need
	run    func(*visit) error
	on     func(*Fortify) bool // whether the feature is on; nil: always
	back   string              // the page with its form, for browsers that do not say where they were
	bag    string              // what that page knows its errors by; empty: it has only one form
	files  map[string]int64    // that can be uploaded, by field, and how large they may be
}

// Paths that others are sent to.
const (
	loginPath     = "/login"
	challengePath = "/two-factor-challenge"
	confirmPath   = "/user/confirm-password"
	noticePath    = "/email/verify"
	profilePath   = "/user/profile"
	tokensPath    = "/user/api-tokens" //nolint:gosec // a path
)

// Bags of the forms that Jetstream's profile page has.
const (
	bagProfile  = "updateProfileInformation"
	bagPassword = "updatePassword"
	bagFactor   = "confirmTwoFactorAuthentication"
)

// table is all routes, in the order in which they are documented.
func table() []route {
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	return []route{
		{name: "sanctum.csrf-cookie", method: get, path: laravel.CookieRoute, run: (*visit).cookie},

		{name: "login", method: get, path: loginPath, need: guest, run: (*visit).loginPage},
		{name: "login.store", method: post, path: loginPath, need: guest, run: (*visit).login, back: loginPath},
		{name: "two-factor.login", method: get, path: challengePath, need: guest, run: (*visit).challengePage, on: hasFactor},
		{name: "two-factor.login.store", method: post, path: challengePath, need: guest, run: (*visit).challenge, on: hasFactor, back: challengePath},
		{name: "logout", method: post, path: "/logout", need: auth, run: (*visit).logout},

		{name: "register", method: get, path: "/register", need: guest, run: (*visit).registerPage, on: hasRegistration},
		{name: "register.store", method: post, path: "/register", need: guest, run: (*visit).register, on: hasRegistration, back: "/register"},
		{name: "terms.show", method: get, path: "/terms-of-service", run: (*visit).termsPage, on: hasTerms},
		{name: "policy.show", method: get, path: "/privacy-policy", run: (*visit).policyPage, on: hasPolicy},

		{name: "password.request", method: get, path: "/forgot-password", need: guest, run: (*visit).forgotPage, on: hasReset},
		{name: "password.email", method: post, path: "/forgot-password", need: guest, run: (*visit).forgot, on: hasReset, back: "/forgot-password"},
		{name: "password.reset", method: get, path: "/reset-password/{token}", need: guest, run: (*visit).resetPage, on: hasReset},
		{name: "password.update", method: post, path: "/reset-password", need: guest, run: (*visit).reset, on: hasReset, back: "/forgot-password"},

		{name: "verification.notice", method: get, path: noticePath, need: auth, run: (*visit).noticePage, on: hasVerification},
		{name: "verification.verify", method: get, path: "/email/verify/{id}/{hash}", need: auth, run: (*visit).verify, on: hasVerification},
		{name: "verification.send", method: post, path: "/email/verification-notification", need: auth, run: (*visit).sendVerification, on: hasVerification, back: noticePath},

		{name: "password.confirm", method: get, path: confirmPath, need: auth, run: (*visit).confirmPage},
		{name: "password.confirm.store", method: post, path: confirmPath, need: auth, run: (*visit).confirm, back: confirmPath},
		{name: "password.confirmation", method: get, path: "/user/confirmed-password-status", need: auth, run: (*visit).confirmation},

		{name: "user-profile-information.update", method: put, path: "/user/profile-information", need: auth, run: (*visit).updateProfile, on: hasProfile,
			back: profilePath, bag: bagProfile, files: map[string]int64{"photo": photo.MaxUpload}},
		{name: "user-password.update", method: put, path: "/user/password", need: auth, run: (*visit).updatePassword, on: hasPasswords, back: profilePath, bag: bagPassword},
		{name: "current-user-photo.destroy", method: del, path: "/user/profile-photo", need: auth, run: (*visit).removePhoto, on: (*Fortify).photos, back: profilePath},

		{name: "two-factor.enable", method: post, path: "/user/two-factor-authentication", need: confirmed, run: (*visit).enableFactor, on: hasFactor, back: profilePath},
		{name: "two-factor.disable", method: del, path: "/user/two-factor-authentication", need: confirmed, run: (*visit).disableFactor, on: hasFactor, back: profilePath},
		{name: "two-factor.confirm", method: post, path: "/user/confirmed-two-factor-authentication", need: confirmed, run: (*visit).confirmFactor, on: hasFactor, back: profilePath, bag: bagFactor},
		{name: "two-factor.qr-code", method: get, path: "/user/two-factor-qr-code", need: confirmed, run: (*visit).factorQR, on: hasFactor},
		{name: "two-factor.secret-key", method: get, path: "/user/two-factor-secret-key", need: confirmed, run: (*visit).factorSecret, on: hasFactor},
		{name: "two-factor.recovery-codes", method: get, path: "/user/two-factor-recovery-codes", need: confirmed, run: (*visit).recoveryCodes, on: hasFactor},
		{name: "two-factor.regenerate-recovery-codes", method: post, path: "/user/two-factor-recovery-codes", need: confirmed, run: (*visit).newRecoveryCodes, on: hasFactor, back: profilePath},

		{name: "profile.show", method: get, path: profilePath, need: auth, run: (*visit).profilePage},
		{name: "other-browser-sessions.destroy", method: del, path: "/user/other-browser-sessions", need: auth, run: (*visit).endOthers, back: profilePath},
		{name: "browser-sessions.destroy", method: del, path: "/user/browser-sessions/{id}", need: auth, run: (*visit).endOne, back: profilePath},
		{name: "current-user.destroy", method: del, path: "/user", need: auth, run: (*visit).deleteAccount, on: hasDeletion, back: profilePath},

		{name: "api-tokens.index", method: get, path: tokensPath, need: verified, run: (*visit).tokensPage, on: hasTokens},
		{name: "api-tokens.store", method: post, path: tokensPath, need: verified, run: (*visit).addToken, on: hasTokens, back: tokensPath},
		{name: "api-tokens.update", method: put, path: tokensPath + "/{token}", need: verified, run: (*visit).updateToken, on: hasTokens, back: tokensPath},
		{name: "api-tokens.destroy", method: del, path: tokensPath + "/{token}", need: verified, run: (*visit).endToken, on: hasTokens, back: tokensPath},
	}
}

func hasFactor(f *Fortify) bool       { return f.features().TwoFactor }
func hasRegistration(f *Fortify) bool { return f.features().Registration }
func hasReset(f *Fortify) bool        { return f.features().Reset }
func hasVerification(f *Fortify) bool { return f.features().Verification }
func hasProfile(f *Fortify) bool      { return f.features().Profile }
func hasPasswords(f *Fortify) bool    { return f.features().Passwords }
func hasDeletion(f *Fortify) bool     { return f.features().Deletion }
func hasTokens(f *Fortify) bool       { return f.features().APITokens }
func hasTerms(f *Fortify) bool        { return f.terms != "" }
func hasPolicy(f *Fortify) bool       { return f.policy != "" }

// A Route is one of the routes, as documentation shows it.
type Route struct {
	Name       string // as Laravel calls it; on a site called admin it is admin.NAME
	Method     string
	Path       string
	Middleware string // as Laravel calls it; empty: it is for anybody
}

// Names returns all routes by name, method and path.
func Names() []Route {
	var all []Route
	for _, r := range table() {
		all = append(all, Route{r.name, r.method, r.path, string(r.need)})
	}
	return all
}
