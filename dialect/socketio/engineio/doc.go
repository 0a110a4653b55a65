// Package engineio reads and writes the packets, payloads and handshake of Engine.IO, revisions 3 (Socket.IO 1.x and
// 2.x) and 4 (3.x and 4.x). It is a pure codec: no I/O, no clock, no state.
//
// A packet is a type and some data, and it travels in one of these shapes:
//
//	                 revision 3                        revision 4
//	WebSocket text   4hello                            4hello
//	WebSocket binary <04><bytes>                       <bytes>          always a message
//	text payload     6:4hello10:b4AQIDBA==             4hello<1e>bAQIDBA==
//	binary payload   <00><06><ff>4hello                –
//	                 <01><05><ff><04><bytes>
//
// In a text payload of revision 3 lengths count UTF-16 code units, in a binary payload they count bytes. If any packet
// of a revision 3 payload is binary the whole payload is a binary one, unless the client asked for base64 (b64=1).
//
// [ParseText] and [ParseBinary] read a WebSocket frame, [DecodePayload] a polling body. [Packet.AppendText],
// [Packet.AppendBinary] and [AppendPayload] write them. Data read aliases the input, except where base64 was undone.
//
// # Differences from the reference
//
// The reference is engine.io-parser 5.2 for revision 4 and 2.2 for revision 3. What it refuses is refused here. What
// it accepts is accepted here with the same meaning, except that this package refuses
//
//   - bodies that are not UTF-8 where text is expected (the reference reads U+FFFD, after which lengths are a guess);
//     only an encoded lone surrogate in a binary payload is read as U+FFFD, as there;
//   - base64 other than the standard alphabet with padding and, at will, line breaks (the reference skips what it does
//     not know);
//   - lengths in a payload of revision 3 not written in decimal digits (the reference takes 0x1, 1e0, and in binary
//     payloads digits above 9), lengths that end inside a surrogate pair, and in binary payloads lengths beyond the
//     end of the body, of zero, or missing, and kinds other than 0 and 1;
//   - binary packets of revision 3 whose type is none of the seven (the reference hands on a packet without a type);
//   - payloads over the Limits.
//
// The reference and this package both hand on the packets that stand before a mistake, except in binary payloads,
// where a mistake in the lengths spoils all.
package engineio
