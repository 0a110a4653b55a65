// Package chat keeps conversations: rooms, their members, the messages in them and how far each member has read.
//
// The package has four layers. The types (Room, Member, Message, OutboxEntry) are the model. The Store interfaces are the
// contract with whatever keeps it; store/memory is the reference, store/sqlite and store/postgres the ones to run, and
// chat/chattest the suite that every store must pass. Service is the rules on top: who may do what, and which text is a message. Feature puts the
// rules on a hub: procedures, and events in the channel of each room for every connection that Welcome has let in.
//
// # What holds
//
//   - Each room numbers its messages 1, 2, 3, … without a gap ("seq"). The number is given in the transaction that stores
//     the message, and messages become readable in the order of their numbers: a reader that has seen seq n never finds a
//     message below n later.
//   - Each room counts its changes ("rev"): a message, a join, a leave. What changed carries the rev of its last change.
//     Moving a read cursor is not a change of the room.
//   - Sending is idempotent for good. A second send with the same room, sender and nonce returns the first message, even
//     when its text differs or its sender has left since.
//   - A read cursor only grows and never passes the room's last seq. Sending moves the sender's own cursor.
//   - Unread is computed, never counted up: last seq − read seq − the messages in between that do not count.
//   - A message is committed together with an outbox entry. The entry goes away when the message has been published, so
//     a crash between the two loses nothing; a message may then be published twice, and its seq says so.
//   - The messages of a room are published in the order of their seqs, whichever nodes they were sent to, and none before
//     it can be read.
//
// # Who may do what
//
// A public room is readable by everyone in its app and joinable by everyone. A private room is for its members; any member
// may add people, and an owner may remove them. A direct room has exactly two members for ever, and there is one per
// pair. Only members send, in every kind of room.
//
// Somebody who joins late sees the whole history, unless they were added with HideHistory; then their history starts with
// the first message after they came. What was written before somebody joined is never unread for them.
//
// # Where others hear it
//
// The events of a room go to a reserved channel, for the connections that Welcome has let in. Its messages, and nothing
// else, are also published where clients look that know nothing of this package, in the same call to the broker: for
// Laravel Echo and Pusher as App\Events\ChatMessageSent in private-chat.<room>, with who is there in presence-chat.<room>
// (Config.Echo); and, if Config.Ably says so, under the sender's name in the channel that has the room's id as its name.
// Feature.Admit says who may be there, and who is no member any more hears nothing more. What others publish there is
// theirs: it is neither stored nor repeated.
package chat
