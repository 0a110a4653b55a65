// Package workload holds what the benchmark does to a server in each protocol
// that it speaks. Each workload runs against a fresh server process and returns its figures by key; package
// report says what the keys mean.
//
// The first figure is always the server's processor time per operation, for
// generator and server share the machine. A workload fails when a connection is
// lost, or when a message is missing, repeated, changed or out of order.
//
// The package needs Linux.
package workload
