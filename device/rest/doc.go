// Package rest is devices at home over HTTP: JSON below /v1, described by an OpenAPI 3.1 document that is made from the code
// and served at /v1/devices/openapi.json.
//
// Who calls is who the guard says, by the bearer token or the session of the request:
//
//	people        signed in, or with an account's token    all of /v1/places, /v1/hubs, /v1/invitations
//	a pairing     with the token of a pairing              its hub, its devices, commands, and its own token
//	a hub         Bearer serial:secret, or its own proof   what a hub calls: hello, report, answer, press, withdraw, pending
//
// What is done here and what is done by a socket goes the same way: both are calls of one device.Service, with the procedure's
// name where roles open or close it.
//
// # Conventions
//
//   - Times are RFC 3339 in UTC, ids and serials are texts, pages go backwards by before.
//   - A body is one JSON object in UTF-8. Fields that are not known are ignored.
//   - A device's ETag is its rev. A command with If-Match is refused with 412 "changed" if the device has another by now.
//   - Idempotency-Key makes a command that is sent again the same one; its answer is the command as it is by then.
//   - ?wait=seconds waits for the outcome of a command that is on its way to the hub. 200: it has ended; 202: it has not yet.
//   - Errors are problem documents (RFC 9457) in the language of Accept-Language: see package problem.
//   - Scripts of every site may ask with a token (CORS); a session counts only in requests of this server's own pages, which its
//     guard sees to.
//
// # Hubs without a socket
//
// A hub that can only make requests asks GET …/pending?wait=25 again and again. It is taken to be connected from its first such
// request until it has made none for [Config].Lease, on the node where it asks; the answer has the commands that it has not
// answered yet, and what its display is to show. A command is given again after a few seconds until the hub answers it, for an
// answer may be lost: hubs tell by the id what they have carried out already.
package rest
