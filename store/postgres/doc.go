// Package postgres keeps the features' data in PostgreSQL: the store for a server of several nodes, and for one whose data is to
// be where all other data already is. PostgreSQL does the keeping, replicating and backing up; nothing here is a cluster.
//
// # Writing
//
// Any number of nodes may write at once. What decides is in the database: a room's numbers are given under the lock of its row,
// so that they are without gaps and become visible in their order; a nonce, an address or a name is taken by a unique key; what
// is read to be replaced is locked first, or replaced only at the rev that was read. Two transactions that got into each
// other's way are run again, a bounded number of times.
//
// Messages of one room that come while another one's commit is under way are stored together, by two round trips and one
// commit for all of them ([Chat.Append]): the lock of a busy room is held that often, and not once for each message.
//
// # The outbox
//
// Nodes share the publishing. Who claims entries locks the oldest of each room, and skips rooms whose oldest somebody else has
// locked: so each entry goes to one node, and those of a room are handed out in their order. There is no LISTEN and NOTIFY:
// who stores a message mostly publishes it too, and the rest is found by looking once a second and after each message. A
// notification would take a lock of the whole database in every commit.
//
// # Text
//
// All columns of text compare by their bytes (COLLATE "C"), as SQLite does: lists have the same order on every store and
// machine, whatever its locale, and Hangul syllables sort as Koreans expect. The database's encoding has to be UTF-8.
//
// # Failures
//
// What was acknowledged survives the death of the server and of PostgreSQL. When PostgreSQL is away, calls fail with an error
// that says so, Ready too, and all is well again when it is back. If the connection breaks in the moment of a commit, nobody
// knows whether it was made; the error says that too, and a message's nonce makes it safe to send it again.
package postgres
