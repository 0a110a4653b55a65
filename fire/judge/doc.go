// Package judge says what clients of a cluster under fire were promised and did not get. It reads what each client has written
// down (see clients/log.mjs) and what the store has in the end, and knows what each dialect's acknowledgement promises:
//
//   - Chat: a message that was acknowledged is stored once, under the number that was told, and in the end everybody in its room
//     has it: by hearing it, or from the history. What is heard comes in the order of the numbers.
//   - Ably and Pusher: who was subscribed before a message was sent hears it if it was acknowledged, or is told that something
//     may be missing: by Ably's word for it ("resumed" is false), by Pusher with a new subscription. The messages of one sender
//     come in their order, and nobody hears two messages in another order than somebody else.
//
// A message that was heard twice is counted before anything is removed. With Ably (the id of the message) and chat (its
// number) a client can tell, and that is no failure; Pusher's protocol has nothing to tell it by, and so there it is one.
//
// In the end everybody has to be connected, to have heard something new, and to see who is there.
package judge
