// Package oracle proves by a real Laravel that accounts speak as Laravel does. It has tests alone.
//
// testdata/app is a Laravel application of our own: the paths of Fortify and Sanctum, served by the framework's validation,
// middleware, guards and password broker. The framework is 8.83, Debian's. Fortify, Jetstream and jwt-auth are not in Debian, so
// what they add to the framework is not proved here; nor are the texts, which belong to a project and not to the framework:
// Laravel is given those of account/words in the profile of version 8, and decides which of them it says, about which field, in
// which order.
//
// testdata/talk has conversations: one request after another, by a client that keeps its cookies, and what Laravel answers
// ("<"). The same requests go to Madang, whose answers have to be alike. Where one is not, it is written below Laravel's ("~"),
// with the reason; it fails the test as soon as it is no deviation any more. Compared are the status, the headers that clients
// read, and JSON with the order of its members; of pages, what they are drawn from. After a change
//
//	go test ./account/oracle -rewrite
//
// writes the answers anew: Laravel's always, Madang's where there is a reason already. Besides that both read requests that are
// made by chance, and have to understand the same.
package oracle
