package convention

import "encoding/json"

// UserID reads the id of a user as backends write it: a string that is not empty, or an integer, whose JSON is number. Other
// numbers are no ids: 1 and 1.0 are the same to a browser, and would be two users here. The id 1 and the id "1" are the
// same user.
func UserID(raw json.RawMessage) (id string, number json.RawMessage, ok bool) {
	if len(raw) == 0 {
		return "", nil, false
	}
	if raw[0] == '"' {
		ok = json.Unmarshal(raw, &id) == nil && id != ""
		return id, nil, ok
	}
	if !integer(string(raw)) {
		return "", nil, false
	}
	return string(raw), raw, true
}

// integer reports whether a JSON value is a whole number in the one form that it has.
func integer(s string) bool {
	if s == "-0" {
		return false
	}
	if s[0] == '-' {
		s = s[1:]
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
