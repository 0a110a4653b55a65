// Package relay puts the rules of package device on a hub of package madang: boxes at home, their displays and people connect
// by whatever dialect, call procedures, and hear what happens.
//
// Whoever brings connections to it calls [Feature.Welcome], which tells by the principal's guard what a connection is:
//
//	guard      user              hears                                        calls (names begin with "device.")
//	"hub"      hub:<serial>      commands, and what a display hears           hello report answer press withdraw
//	"display"  display:<serial>  code, pairing.shown, pairing.cleared,        press withdraw command devices
//	                             pairing.alarm, what happens at its hub
//	"device"   token:<jti>       what happens at the token's hub              command devices unpair
//	others     a person's id     what happens in their places                 all of people's
//
// All of it travels on channels whose names are reserved ($device/…): no client can subscribe to them, or publish there. What
// a display is shown is emitted to that display alone and kept in no history.
//
// What happens is the same for everybody who hears it, as JSON objects: place.changed, hub.changed, device.changed,
// command.changed, and place.gone or hub.gone to who had a part in what is theirs no more. Who comes to a place hears
// place.changed first; whoever asks device.places after that misses nothing. A
// command that a hub gets names how long it is good for in milliseconds from its arrival: after that it
// must not be carried out, whatever the hub's own clock says.
//
// # Channels of other protocols
//
// Clients that know channels and no procedures are part of it by three kinds of private channels, whoever brings them:
//
//	private-home.<serial>   members of the place, who shows a token for the hub    hub.changed device.changed command.changed hub.gone
//	private-hub.<serial>    the hub                                                command, and what a display hears
//	private-place.<id>      members                                                place.changed place.gone, and all of its homes
//
// A colon in a serial is written as "=" there. Publishing device.command in the first, or device.hello, device.report,
// device.answer, device.press and device.withdraw in the second, is the call of that name ("client-device.command" for clients
// whose protocol wants that); who has published hears device.reply. Nobody else does, and nothing is published or kept. A hub is
// there as long as it subscribes to its own channel. Whoever joins a protocol asks [Feature.Admit] before everything else that
// could let somebody in, and gives [Feature.Take] or [Feature.Hear] what is published.
//
// # Coming and going
//
// A hub is there as long as its newest connection is: when that ends, or the node that had it dies, commands wait or end as
// package device says. When what somebody was paired by ends, their connections are closed on all nodes; who is removed from
// a place hears no more of it.
package relay
