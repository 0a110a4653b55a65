// Package protocol reads and writes the messages of the Ably realtime protocol, as JSON and as MessagePack. It does no I/O.
//
// Both forms are read into the same types. What a client's data is does not depend on the form it came in: a final base64
// step of an encoding is undone when a message is read, and made again where JSON needs it. The rest of an encoding, such
// as a cipher's, is the clients' business and never touched.
//
// This is a community-built implementation, not an Ably product. Source: the Ably client library specification, protocol
// versions 2 to 6, and the behaviour of ably-js 1.2.50 and 2.28.
package protocol
