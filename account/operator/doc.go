// Package operator is what commands do with accounts: people, their roles, and the audit log.
//
// An [Operator] does it and is an http.Handler, so that the command of a person at the server's machine and the server that
// runs there are two processes: the server answers on a socket in its data directory that only its own user can open. A [Client]
// asks there or, where no server runs, an Operator of its own. Whoever reaches it may do everything: it is never to be served
// to a network.
package operator
