// Package clients drives a server of the Ably protocol with ably-go, Ably's own client library for Go. It is a module of
// its own, so that nobody else has to have what that library needs. Its tests are run by those of dialect/ably, which
// start the server and say where it is:
//
//	PORT       of a server with the defaults
//	FAST_PORT  of one on the same hub that forgets clients quickly
package clients
