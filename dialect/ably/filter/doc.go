// Package filter decides which messages a filtered subscription gets: those of which a JMESPath expression is true.
//
// Expressions see the message as an object with the members name, clientId, connectionId, headers (those of the extras),
// extras, and data. Data is there if it is text or JSON of at most [MaxData] bytes that is not encrypted; else it is null.
//
//	name == `"temperature"` && headers.region == 'eu' && data.degrees > `20`
//
// An expression comes from a client and is evaluated for every message, while other subscribers of the channel wait. So what
// could make its cost grow faster than its length times the message's size is refused: lists, objects, wildcards and
// flattening, which repeat values; lists and objects as literals, which nested filters would walk through again and again;
// functions other than a few that look at values without building larger ones.
//
// Source: Ably's documentation of subscription filters, and https://jmespath.org/specification.html.
package filter
