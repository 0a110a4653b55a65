// Package forward serves requests that have reached the wrong node. A client that polls belongs to one node, the one that keeps
// its session, and behind a load balancer that remembers nobody its next request reaches any of them. That node passes the
// request to the owner, which serves it as if it had come there, and passes the answer back. WebSockets too: a client that
// polled and moves to one, on whatever node, is tunnelled.
//
// Nodes talk over reserved channels of the broker, one for each node and service, so that this needs no port, no address and
// no certificate of its own:
//
//	$node.<id>/<service>
//
// # What holds
//
// A broker delivers a message at most once. Between two nodes messages are numbered, so that a missing one is noticed, at the
// latest by the next keep-alive; then everything under way between the two fails on both sides, as the requests of a connection
// do that is cut. A node that says nothing for five seconds while requests wait for it is taken for dead, and one whose lease
// has ended isn't asked at all. So an answer that is passed on is whole, and comes once; and a request that is not
// answered is told to have failed, soon, and may have been served.
//
// A client that goes away is noticed by the node that it is connected to, which tells the owner: the request's context ends
// there. That is exactly what local requests have, with a somewhat longer way.
//
// # Bounds
//
// A stream of bytes in one direction (a request's body, an answer, either half of a tunnel) has at most 128 KiB under way: who
// sends waits for credit. What waits to be read on one node is at most 64 MiB in all, and the number of forwarded requests is
// bounded in either direction.
//
// What comes from the broker is trusted as the broker is. What comes from clients is not: the name of a node that a client
// shows must look like one and be that of a living node.
package forward
