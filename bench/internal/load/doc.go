// Package load is the benchmark's load generator: thousands of
// connections on plain file descriptors, read by one thread with epoll.
//
// A Loop starts no goroutines and, but for Admit, has no locks. Whoever calls its Run methods
// is the reader thread, and every callback is called there. That makes a
// delivery cheap, which matters because generator and server share the
// machine's cores.
//
// The package needs Linux.
package load
