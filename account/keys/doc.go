// Package keys is the ring of keys that signs an app's access tokens: ES256 (ECDSA on P-256), each named by its thumbprint
// (RFC 7638).
//
// A ring looks after itself. The first key is made at the first start. Long before a key has signed for as long as it may
// ([Config].Rotate), the next one is made and published, so that everybody who keeps a copy of the set knows it when it
// begins to sign; and it stays published for as long as a token may be shown that it has signed ([Config].Keep):
//
//	   made             signs                                      goes
//	1  |================|===========================|~~~~~~~~~~~~~~~|
//	2                                   |===========|===========================|~~~
//	                                      Publish         Rotate         Keep
//
// Keys are kept in an account.KeyStore, sealed, so that all nodes have the same ones and a restart changes nothing. Nodes
// look there once a minute and agree because the store lets only one of them add a key after another. That is why nothing
// runs in the background: whoever signs or verifies does what is due.
//
// [Ring.Verify] takes ES256 by a key of the ring and nothing else: no other algorithm, no key of the token's own, no token
// without a key's name.
package keys
