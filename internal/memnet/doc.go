// Package memnet is a network in memory for tests: a [net.Listener] and [net.Conn]s with bounded buffers.
//
// Everything in it waits on condition variables, so inside a testing/synctest bubble its goroutines are durably blocked
// and fake time runs. In a real socket fake time would stand still. Connections have deadlines and half close like TCP,
// can be reset, and can be stalled, which makes a peer that does not read.
package memnet
