// Package account keeps who may sign in, and everything by which somebody is signed in.
//
// People belong to a [Provider], as Laravel's configuration calls a table of people: the users of an app's mobile clients,
// the members of its web site. An address is unique in its provider. Ids are unique in the app, so that somebody's id alone
// says who it is wherever it stands: as the user of a [madang.Principal], the sender of a message, the sub of a token.
//
// What somebody is signed in by is one of three: a [Session] of a browser, a [Family] of tokens that follow each other by
// being refreshed, or an [APIToken] that somebody made for a program. None of their secrets is kept, but a hash of it: they are
// random, so SHA-256 is enough. What proves something once (a link in a mail) is a [OneTime].
//
// A [Store] keeps all of this. Its methods are atomic, and that is what races between requests end at: a code that is used
// twice at once, a refresh token that two thieves hold, is decided there and nowhere else. store/memory is the reference,
// store/sqlite and store/postgres the ones to run, account/accounttest the suite that every store must pass.
package account
