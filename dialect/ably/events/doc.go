// Package events turns what a connection of Ably's protocol is sent into a stream of events for clients that only listen:
// Server-Sent Events, or lines of JSON.
//
//	id: 15@2dsge6zjjfhfc
//	event: message
//	data: {"channel":"room","name":"n","data":"text","timestamp":1556806691341}
//
// The id of an event says where the stream stands in each of its channels, so that a client that was cut off can go on from
// the last one it has got.
//
// Source: Ably's documentation of its SSE and raw HTTP streaming interface.
package events
