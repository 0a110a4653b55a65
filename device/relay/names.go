package relay

import (
	"strings"

	"madang"
)

// Guards of principals that are not people.
const (
	GuardHub     = "hub"     // a box, by its serial and secret
	GuardDisplay = "display" // the display of a box
	GuardToken   = "device"  // who shows a token of a pairing; the claim "jti" names it
)

const (
	prefix        = "$device/"
	hubPrefix     = prefix + "hub/"     // the hub's own connection: commands
	displayPrefix = prefix + "display/" // what shows codes
	homePrefix    = prefix + "home/"    // who hears what happens at a hub
	screenPrefix  = prefix + "screen/"  // the displays of a box, which hear that too
	touchPrefix   = prefix + "touch/"   // what is done at a box, for who forwards it; no client is here
	placePrefix   = prefix + "place/"   // who hears of a place
	personPrefix  = prefix + "person/"  // a person's connections here
	tokenPrefix   = prefix + "token/"   // the connections of a token
	nodesName     = "$device"           // where nodes tell each other of commands
	boxesName     = prefix + "boxes"    // presence set of an app's hubs
)

func channel(app, prefix, name string) madang.Channel {
	return madang.Channel{App: app, Name: prefix + name}
}

// HubPrincipal returns who a box is that has proved itself.
func HubPrincipal(app, serial string) *madang.Principal {
	return &madang.Principal{App: app, Guard: GuardHub, User: "hub:" + serial}
}

// DisplayPrincipal returns who a box's display is.
func DisplayPrincipal(app, serial string) *madang.Principal {
	return &madang.Principal{App: app, Guard: GuardDisplay, User: "display:" + serial}
}

// serialOf returns the serial of the box that a principal is, or whose display it is.
func serialOf(p *madang.Principal) string {
	switch p.Guard {
	case GuardHub:
		return strings.TrimPrefix(p.User, "hub:")
	case GuardDisplay:
		return strings.TrimPrefix(p.User, "display:")
	}
	return ""
}
