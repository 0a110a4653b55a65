package events

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"madang"
	"madang/internal/convention"
)

// Limits of one request, as the server libraries keep them.
const (
	maxChannels     = 100
	maxBatch        = 10
	maxEchoChannels = 1000 // laravel-echo-server has none; this is beyond what a backend means to say
	maxEchoName     = madang.MaxChannelName
)

// An event is what a backend wants to be published.
type event struct {
	name     string
	channels []string
	data     []byte
	typ      madang.DataType
	skip     madang.ConnID
	info     []string // attributes to answer with
}

// errReserved refuses names that the protocol has for what the server says itself. (soketi publishes them.)
var errReserved = bad("The names of events must not begin with pusher: or pusher_internal:")

// An object is a JSON object. Unlike a Go struct it takes no name in another case for its own.
type object map[string]json.RawMessage

// parseObject reads a JSON object.
func parseObject(b []byte) (object, error) {
	var o object
	if err := json.Unmarshal(b, &o); err != nil || o == nil {
		return nil, bad("The body is not a JSON object")
	}
	return o, nil
}

// has reports whether there is a field that is not null.
func (o object) has(name string) bool { return len(o[name]) > 0 && string(o[name]) != "null" }

// text returns a field that must be a string, or "" without the field.
func (o object) text(name string) (string, error) {
	if !o.has(name) {
		return "", nil
	}
	s, ok := asString(o[name])
	if !ok {
		return "", bad(name + " must be a string")
	}
	return s, nil
}

func asString(raw json.RawMessage) (s string, ok bool) {
	return s, len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &s) == nil
}

// asStrings reads an array of strings.
func asStrings(raw json.RawMessage) ([]string, bool) {
	var parts []json.RawMessage
	if len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &parts) != nil {
		return nil, false
	}
	all := make([]string, len(parts))
	for i, p := range parts {
		var ok bool
		if all[i], ok = asString(p); !ok {
			return nil, false
		}
	}
	return all, true
}

// parseBatch reads the body of batch_events.
func parseBatch(body []byte, maxEvent int) ([]event, error) {
	o, err := parseObject(body)
	if err != nil {
		return nil, err
	}
	var parts []json.RawMessage
	if json.Unmarshal(o["batch"], &parts) != nil || len(parts) == 0 {
		return nil, bad("batch must be an array of events")
	}
	if len(parts) > maxBatch {
		return nil, bad(fmt.Sprintf("The batch has %d events; %d are allowed", len(parts), maxBatch))
	}
	all := make([]event, len(parts))
	for i, p := range parts {
		if all[i], err = parseOne(p, maxEvent); err != nil {
			f := failure(err)
			return nil, &refusal{f.status, fmt.Sprintf("Event %d of the batch: %s", i, f.text)}
		}
	}
	return all, nil
}

// parseOne reads an event of a batch, which has one channel.
func parseOne(raw json.RawMessage, maxEvent int) (event, error) {
	o, err := parseObject(raw)
	if err != nil {
		return event{}, err
	}
	if o.has("channels") {
		return event{}, bad("an event of a batch has one channel, not channels")
	}
	return o.event(maxEvent)
}

// parseEvent reads the body of events. Data may have maxEvent bytes; 0: no limit.
func parseEvent(body []byte, maxEvent int) (event, error) {
	o, err := parseObject(body)
	if err != nil {
		return event{}, err
	}
	return o.event(maxEvent)
}

// event checks an event by the rules of Pusher.
func (o object) event(maxEvent int) (e event, err error) {
	if e.name, err = o.text("name"); err != nil {
		return e, err
	}
	if e.name == "" || utf8.RuneCountInString(e.name) > convention.MaxName {
		return e, bad(fmt.Sprintf("name must be the event's name, of at most %d characters", convention.MaxName))
	}
	if convention.ReservedEvent(e.name) {
		return e, errReserved
	}
	data, ok := asString(o["data"])
	if !ok {
		return e, bad("data must be a string; write other values as JSON in it")
	}
	if maxEvent > 0 && len(data) > maxEvent {
		return e, &refusal{http.StatusRequestEntityTooLarge,
			fmt.Sprintf("The data content of this event exceeds the allowed maximum (%d bytes)", maxEvent)}
	}
	e.data, e.typ = convention.FromText(data)
	if e.channels, err = o.channels(); err != nil {
		return e, err
	}
	if o.has("socket_id") {
		id, err := o.text("socket_id")
		e.skip = madang.ConnID(id)
		if err != nil || !e.skip.Valid() {
			return e, bad("socket_id must be the id of a connection, such as 123.456")
		}
	}
	info, err := o.text("info")
	e.info = attributes(info)
	return e, err
}

// channels returns where the event goes.
func (o object) channels() ([]string, error) {
	var all []string
	switch {
	case o.has("channels"):
		var ok bool
		if all, ok = asStrings(o["channels"]); !ok {
			return nil, bad("channels must be an array of strings")
		}
	case o.has("channel"):
		one, err := o.text("channel")
		if err != nil {
			return nil, err
		}
		all = []string{one}
	}
	if len(all) == 0 {
		return nil, bad("channel or channels must say where the event goes")
	}
	if len(all) > maxChannels {
		return nil, bad(fmt.Sprintf("The event goes to %d channels; %d are allowed", len(all), maxChannels))
	}
	for _, name := range all {
		if !convention.ValidName(name) {
			return nil, bad("Invalid channel name " + strconv.Quote(shorten(name)))
		}
		if len(all) > 1 && convention.Encrypted(name) {
			return nil, bad("An event goes to an encrypted channel alone: each has a key of its own")
		}
	}
	return all, nil
}

// shorten keeps an answer from repeating megabytes.
func shorten(s string) string {
	if len(s) > convention.MaxName {
		return s[:convention.MaxName] + "…"
	}
	return s
}

// attributes splits a list of attributes.
func attributes(list string) []string {
	if list == "" {
		return nil
	}
	all := strings.Split(list, ",")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}
