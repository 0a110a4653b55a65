// Package bearer signs people in by tokens, for apps and other clients that are no browser, on the rules of package signin:
//
//	jwtauth.go   jwt-auth's interface: login, register, me, refresh with the token itself, logout
//	oauth.go     the modern one: short access tokens, and refresh tokens that can be used once (RFC 6749, RFC 7009, RFC 9700)
//	mailed.go    what comes of the links in mails: a proved address, a new password
//	sanctum.go   tokens for programs, id|secret, as Laravel Sanctum's mobile apps ask for them
//	ably.go      a sign-in whose token opens a connection of Ably's clients too. This is community-built, not an Ably product
//	whoami.go    who somebody is: /api/user and its relatives
//
// [Tokens] makes access tokens and says whose they are; everything else in the server asks it. [API] is the routes.
//
// # Access tokens
//
// They are JSON Web Tokens, signed by package keys with ES256, and have all of these claims:
//
//	iss, aud     this server, as configured
//	sub          the person's id, as text
//	iat nbf exp  seconds since 1970
//	jti          random; of jwt-auth's tokens also what they are exchanged for the next by
//	guard        the guard whose person it is: a token of one guard is nobody at another
//	fam          the sign-in; when it ends, at once all of its tokens do
//	use          what the token is for, see [Use]
//
// Signature and claims say what a token was made for. Whether it is still good is asked of the store each time, so that
// nothing has to be remembered about tokens that are not.
package bearer
