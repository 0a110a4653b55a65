package events

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"unicode/utf8"

	"madang"
	"madang/internal/convention"
)

// echoIncomplete is laravel-echo-server's text.
const echoIncomplete = "Event must include channel, event name and data"

// parseEcho reads the body of events as laravel-echo-server does: what JavaScript calls false counts as missing, and
// data that is a string is looked at as JSON first. Data may have maxData bytes.
func parseEcho(body []byte, maxData int) (e event, err error) {
	if !utf8.Valid(body) { // values go on as they are, and clients hang up on what is not UTF-8
		body = bytes.ToValidUTF8(body, []byte("\uFFFD"))
	}
	if !json.Valid(body) {
		return e, bad("The body is not JSON")
	}
	var o object
	if json.Unmarshal(body, &o) != nil { // another kind of value has no such fields
		return e, bad(echoIncomplete)
	}
	if !truthy(o["channels"]) && !truthy(o["channel"]) || !truthy(o["name"]) || !truthy(o["data"]) {
		return e, bad(echoIncomplete)
	}
	var ok bool
	if e.name, ok = asString(o["name"]); !ok || len(e.name) > maxEchoName {
		return e, bad("The event name must be a string, and not a long one")
	}
	if convention.ReservedEvent(e.name) {
		return e, errReserved
	}
	if e.channels, err = o.echoChannels(); err != nil {
		return e, err
	}
	e.data, e.typ = convention.FromJSON(o["data"])
	if len(e.data) > maxData {
		return e, &refusal{http.StatusRequestEntityTooLarge, "The data is larger than the server allows (limits.max_message)"}
	}
	if id, _ := asString(o["socket_id"]); madang.ConnID(id).Valid() { // anything else is nobody's
		e.skip = madang.ConnID(id)
	}
	return e, nil
}

// echoChannels returns where the event goes. Names may be anything that the core can carry.
func (o object) echoChannels() (all []string, err error) {
	var ok bool
	if truthy(o["channels"]) {
		all, ok = asStrings(o["channels"])
	} else {
		all = make([]string, 1)
		all[0], ok = asString(o["channel"])
	}
	if !ok || len(all) > maxEchoChannels {
		return nil, bad("The channel must be a string, or channels an array of strings, and not of very many")
	}
	for _, name := range all {
		if !possible(name) {
			return nil, bad("A channel has a name that is not possible")
		}
	}
	return all, nil
}

// possible reports whether the core can carry a channel of that name, and clients may use it.
func possible(name string) bool {
	c := madang.Channel{Name: name}
	return c.Validate() == nil
}

// truthy reports whether JavaScript takes a JSON value for true: not null, false, 0 and "". A missing one is not.
func truthy(raw json.RawMessage) bool {
	switch {
	case len(raw) == 0:
		return false
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		n, _ := strconv.ParseFloat(string(raw), 64) // what is too large is infinite, and true
		return n != 0
	}
	switch string(raw) {
	case "null", "false", `""`:
		return false
	}
	return true
}
