// Package token is the guard "api": it lets in who shows a JSON Web Token (RFC 7519) that a known key has signed.
//
// The way of a token through the package, one file each:
//
//	find.go    where the client put it: the handshake's auth, the Authorization header, the query
//	jws.go     its form: three segments of strict base64url, a header without surprises
//	ring.go    its signature: HS256, RS256, ES256 or EdDSA, each key with its own algorithm only
//	claims.go  its claims: times, issuer, audience
//	who.go     whom it proves: user, name, app
//	refusal.go what the client hears when something is wrong
//
// Keys come from the configuration ([Config]): shared secrets, public keys in PEM, a JWK set in a file that is read
// again when it changes, and a JWK set at an address that is asked again now and then and when a token names a key
// that is not in it. A token never brings its own key: headers that point to one (jwk, jku, x5u, x5c) are refused.
//
// Limits: a token has at most [MaxToken] bytes, a user's id at most [MaxUser] bytes, a key set at most [MaxKeys] keys
// in [MaxKeySet] bytes.
package token
