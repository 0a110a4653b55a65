// Package postgrestest starts a real PostgreSQL for tests: a cluster in a directory of its own, that listens on a free port of
// 127.0.0.1, keeps what it says it has kept (fsync is on), and ends with the test. As root it runs as the user postgres or
// nobody, because PostgreSQL refuses to be root.
package postgrestest
