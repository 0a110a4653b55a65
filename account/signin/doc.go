// Package signin is the rules of signing in, without HTTP: whoever has routes, such as those of Laravel Fortify and jwt-auth, or
// commands, calls a [Service] and shows what it says.
//
// A Service is for the people of one provider and one guard; a server has one for each ("web" with its members, "api" with its
// users) on the same [Parts]. People are signed in by a session of a browser (Login, Challenge, Session), a family of tokens
// that follow each other (LoginTokens, Refresh, Token), or an API token of a program (AddAPIToken, APIToken). All three end
// up as a [SignedIn], which every further method wants to see.
//
// What the package promises, and where it is decided:
//
//	login.go      an unknown name costs the same work and is told the same as a wrong password; so is who is disabled
//	limits.go     attempts are counted before they are made, and nobody can lock somebody else out
//	factor.go     no code is accepted twice: the step of the last one is saved by comparing and swapping
//	sessions.go   the id of a session changes with its rights; one that waits for its second factor signs nobody in
//	reset.go      a link works once, for the address, the provider and the person it was sent to
//	families.go   a token that was exchanged before ends its family
//	change.go     everything that changes a person starts from what is stored, never from what a client sent
//
// What is refused comes as a [*Refusal], which never says which part was wrong. Other errors are the server's own trouble and
// not for clients. Every event that matters for security is noted in the audit log.
package signin
