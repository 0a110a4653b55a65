package convention

import (
	"encoding/base64"
	"encoding/json"
	"unicode/utf8"

	"madang"
)

// FromText returns a message's data for what the HTTP interface writes as a text: the JSON in it, or else the text
// itself.
func FromText(s string) ([]byte, madang.DataType) {
	if json.Valid([]byte(s)) {
		return []byte(s), madang.JSON
	}
	return []byte(s), madang.Text
}

// FromJSON returns a message's data for a JSON value: that of a string is looked at as FromText does.
func FromJSON(raw json.RawMessage) ([]byte, madang.DataType) {
	var s string
	if len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
		return FromText(s)
	}
	return raw, madang.JSON
}

// ToText returns a message's data as the text that Pusher's clients get. Binary data is written in base64.
func ToText(m *madang.Message) string {
	if m.Type == madang.Binary {
		return base64.StdEncoding.EncodeToString(m.Data)
	}
	if m.Type == madang.Text && !utf8.Valid(m.Data) {
		return string([]rune(string(m.Data))) // what is not UTF-8 has no JSON form
	}
	return string(m.Data)
}
