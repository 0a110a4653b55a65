// Package simulate is a home that exists only in memory: ten devices that behave as those of a house do, behind a box that
// shows codes on a terminal.
//
// A [House] is a link.Home, so package link connects it to a server as it does a real box, and all that holds of links holds of
// it, except that a house that is started anew remembers no commands.
//
//	lamp           living room, with a dimmer that takes two seconds from dark to bright
//	kitchen, bedroom   lamps
//	plug           draws power while it is on
//	heating        a thermostat; the room warms towards its target and cools towards the weather
//	front-door     a lock that refuses while the door is open
//	blinds         a dimmer that takes ten seconds
//	terrace        temperature and humidity
//	door           open or not; it opens now and then, unless it is locked
//	motion         somebody walks about
package simulate
