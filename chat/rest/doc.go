// Package rest is chat over HTTP: JSON below /v1, described by an OpenAPI 3.1 document that is made from the code and
// served at /v1/openapi.json.
//
// Who calls is who the bearer token proves to the hub's guard "api". What is sent here and what is sent by a socket goes
// the same way: both are calls of one chat.Feature.
//
// # Conventions
//
//   - Times are RFC 3339 in UTC, seqs are numbers, ids are strings.
//   - A body is one JSON object in UTF-8. Fields that are not known are ignored, so that clients written for another
//     version keep working, and so that a sender in the body has no meaning.
//   - A limit beyond the greatest page is taken as that; one below zero is an error.
//   - The header Idempotency-Key is the nonce of a message whose body has none: to send again after a lost answer is
//     harmless, and is answered as the first time, with "duplicate": true.
//   - Errors are problem documents (RFC 9457) with a stable code for programs and a detail for people, in the language of
//     Accept-Language as far as that is Korean or English.
//
// POST and GET /rooms/{id}/message, and GET /rooms/{id}/messages, are aliases for clients that were written for another
// server; the answer of POST repeats some fields under the names that those use.
package rest
