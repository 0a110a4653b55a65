// Package fortify is the routes of Laravel Fortify and Jetstream for a guard of sessions, on the rules of package signin: with
// their statuses, bodies and headers for clients that speak JSON, and with pages, redirects and flash messages for browsers.
// [Names] lists the routes.
//
//	table.go    which routes there are, for whom, and what answers them
//	visit.go    one request: who asks, from where, and what the answer before has left; fail.go: a no
//	login.go    in and out, the second factor; register.go, reset.go, verify.go
//	profile.go  name, address, photo and password; confirm.go, factor.go
//	account.go  Jetstream's: the profile page, other sessions, deletion; tokens.go; papers.go: terms
//	shared.go   what all pages are told
//	door.go     the same questions for pages of others
//
// Where Laravel's own behaviour is unsafe, this is not the same: a forgotten password is answered alike for every address, links in
// mails have the configured host, redirects stay on the host, and only POST can be passed off as another method.
package fortify
