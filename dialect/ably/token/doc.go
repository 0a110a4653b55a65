// Package token says who an Ably client is and what it may do: by an API key, by an Ably token that this server gave for
// a signed request, by a JWT that the application signed with its key, or by a JWT of the application's own in which one
// of the other two is embedded.
//
//	key           app.key:secret; everything that the key may do, as whoever the client says it is
//	TokenRequest  signed with the key's secret, good once and for minutes; [Authority.Issue] exchanges it for a token
//	Ably token    app.<sealed>; see opaque.go
//	Ably JWT      HS256 with the key's secret, kid names the key
//	embedded      any JWT with x-ably-token; its own signature is the application's, and proves nothing here
//
// All of them end as [Details]. Nothing is remembered but the nonces of requests and what has been revoked, and both sit
// behind interfaces that a cluster can share: any node verifies any token. While nobody knows which requests have been used,
// they are refused with 50003, which clients repeat; keys and tokens are taken all the same.
//
// # Codes
//
// Refusals are *[Error]. Codes from 40140 to 40149 tell Ably's clients to fetch another token and come back, which the
// REST client does at once and without end. They are therefore given only for tokens that a new one would cure: expired,
// revoked, or older than [freshFor]. A token made just now that is wrong is made wrongly, and gets 40101.
//
// Sources: Ably's documentation of token authentication, capabilities and revocation, its feature specification (RSA),
// and the behaviour of ably-js 1.2.50 and 2.28.0. This is a community-built server, not an Ably product.
package token
