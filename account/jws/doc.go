// Package jws reads JSON Web Signatures in compact form (RFC 7515) without leeway: three segments of strict base64url, a
// header without surprises, JSON in which nothing stands twice. What can be read in two ways is refused, and so is a token
// that brings its own key or says where to find one. Whose keys are good, and for which algorithm, is for who calls it.
//
// A header is refused for jwk, jku, x5u and x5c (a key of the token's own), crit and b64 (extensions), enc and zip
// (encryption), and for a typ that is not JWT or at+jwt. Tokens have at most [MaxToken] bytes.
package jws
