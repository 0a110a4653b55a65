package laravel

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"madang"
	"madang/internal/convention"
)

// A payload is what the broadcaster publishes.
type payload struct {
	event string
	data  []byte        // raw JSON, byte for byte as it came
	skip  madang.ConnID // the connection that sent, or ""
}

// What is wrong with a message that is ignored.
var (
	errNotJSON  = errors.New("not a JSON object in UTF-8")
	errShape    = errors.New(`no event of Laravel: want {"event": a text, "data": anything, "socket": …}`)
	errReserved = errors.New("an event whose name begins with pusher: or pusher_internal:, which only the server may say")
)

// parse reads {"event":…,"data":…,"socket":…}. Members of other names are ignored. A socket that is not a connection's id
// leaves nobody out, as with laravel-echo-server.
func parse(message []byte) (payload, error) {
	var members map[string]json.RawMessage // not a struct: its fields would also take "Event" and "DATA"
	if !utf8.Valid(message) || json.Unmarshal(message, &members) != nil || members == nil {
		return payload{}, errNotJSON
	}
	var p payload
	data, ok := members["data"]
	if !ok || !text(members["event"], &p.event) || p.event == "" {
		return payload{}, errShape
	}
	if convention.ReservedEvent(p.event) {
		return payload{}, errReserved
	}
	p.data = data
	var socket string
	if text(members["socket"], &socket) && madang.ConnID(socket).Valid() {
		p.skip = madang.ConnID(socket)
	}
	return p, nil
}

// text reads a JSON string; null is none.
func text(raw json.RawMessage, s *string) bool {
	return len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, s) == nil
}

// stripSocket returns a JSON object without those members "socket" that are a connection's id, and anything else as it is.
// What stays is not touched.
func stripSocket(data []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return data
	}
	out, found := []byte{'{'}, false
	for d.More() {
		from := d.InputOffset()
		name, err := d.Token()
		var value json.RawMessage
		if err != nil || d.Decode(&value) != nil {
			return data
		}
		var id string
		if name == "socket" && text(value, &id) && madang.ConnID(id).Valid() {
			found = true
			continue
		}
		member := bytes.TrimLeft(data[from:d.InputOffset()], ", \t\r\n")
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, member...)
	}
	if _, err := d.Token(); err != nil || !found {
		return data
	}
	return append(out, '}')
}
