// Package sqlite keeps the features' data in one SQLite file: the store for a server on one machine, with nothing to
// install. The driver is a pure Go translation of SQLite, so the binary stays static.
//
// # Writing
//
// SQLite has one writer at a time, so there is one: a goroutine with its own connection takes what is to be written from
// everybody, does all that is waiting in one transaction, each piece in a savepoint of its own, and answers when the
// transaction is committed. One commit to the disk is then shared by everyone who came while the last one ran, which is
// what makes safe commits cheap. A piece that fails is undone alone.
//
// # Reading
//
// Readers have connections of their own and see the last commit (WAL mode); they never wait for the writer.
//
// # One server per file
//
// A lock file beside the database refuses a second server, which would not hear of the first one's commits.
package sqlite
