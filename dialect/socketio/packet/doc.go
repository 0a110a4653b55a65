// Package packet reads and writes the packets of the Socket.IO protocol, revisions 4 (Socket.IO 1.x and 2.x) and 5
// (3.x and 4.x). It is a pure codec: no I/O, no clock, no state beyond what an [Assembler] holds for one connection.
//
// A packet is one text frame,
//
//	<type>[<attachments>-][<namespace>,][<ack id>][<JSON>]
//
// followed, for the two binary types, by that many binary frames. In the JSON each binary value is stood for by
// {"_placeholder":true,"num":i}.
//
// # Bytes stay bytes
//
// Arguments are never decoded and encoded again on the way through: key order, integers beyond 2^53, escapes and lone
// surrogates leave as they came. [Packet.Data] is a slice of the input, so whoever keeps a packet longer than its
// input copies it.
//
//   - [Parse] (or a [Parser], one for each connection) reads a text frame, [Packet.Append] writes one.
//   - [Assembler] joins a binary packet and its frames.
//   - [Split] cuts the arguments apart and [Name] reads the event's name.
//   - [Deconstruct] makes arguments out of Go values, [Reconstruct] makes Go values out of arguments.
//
// # Differences from the reference
//
// The reference is socket.io-parser 4.2 (and 3.3 for revision 4). What it refuses is refused here. What it accepts is
// accepted here with the same meaning, except that this package refuses
//
//   - a frame that is empty or begins with white space (the reference reads type 0);
//   - an event, an acknowledgement or a connect error without a payload (the reference delivers undefined);
//   - white space between the header and the JSON (the reference takes it for acknowledgement id 0);
//   - a number of attachments that is not written in decimal digits (the reference takes 0x1, 1e0 and 1.0 too);
//   - an acknowledgement id over 2^64-1 (the reference rounds any id over 2^53-1, which are exact here);
//   - JSON nested deeper than [Limits.MaxDepth], and bytes that are not UTF-8;
//   - a placeholder whose num is not written as a plain decimal number (the reference takes 1.5 and hands undefined on).
//
// And it follows revision 5 where the two revisions' parsers differ: "50-" (no attachments), reserved event names, and
// a CONNECT whose payload is an array or null are refused for revision 4 as well, as the reference's 4.x server does.
//
// The query of a CONNECT's namespace ("0/admin?token=t,") is cut off in both revisions. Only revision 4 clients send
// one; to the reference the text behind the question mark is part of the name in revision 5.
package packet
