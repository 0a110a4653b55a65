package auth

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"madang"
	"madang/internal/convention"
)

// An answer is what the backend has said to a question that it answered with 200.
type answer struct {
	key, signature string         // of a broadcaster that signs; empty: of one that does not
	signed         []byte         // channel_data as it is signed; nil: none
	member         *madang.Member // from channel_data; nil: none
}

// maxID is the longest id of a user in bytes.
const maxID = 512

// parseAnswer reads an answer. Its type is not looked at: Laravel says text/html for JSON.
func parseAnswer(body []byte) (answer, error) {
	var a answer
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))) // PHP files saved with a mark say it first
	switch {
	case string(body) == "true":
		return a, nil
	case len(body) == 0:
		return a, errors.New("the answer is empty")
	case !utf8.Valid(body): // others are shown parts of it as they are, and their clients hang up on what is not UTF-8
		return a, errors.New("the answer is not in UTF-8")
	case body[0] == '<':
		return a, errors.New("the answer is a page, not JSON")
	case string(body) == "false":
		return a, errors.New("the answer is false")
	}
	var all map[string]json.RawMessage // exact names, which a struct would not insist on
	if err := json.Unmarshal(body, &all); err != nil {
		return a, fmt.Errorf("the answer is neither true nor a JSON object: %w", err)
	}
	auth, signs := all["auth"]
	data, shows := all["channel_data"]
	if !signs && !shows {
		return a, errors.New("the answer has neither auth nor channel_data")
	}
	if signs {
		if err := a.readAuth(auth); err != nil {
			return a, err
		}
	}
	if shows {
		return a, a.readData(data)
	}
	return a, nil
}

// readAuth reads "key:signature".
func (a *answer) readAuth(raw json.RawMessage) error {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return errors.New("auth is no text")
	}
	key, signature, ok := convention.SplitAuth(text)
	if sum, err := hex.DecodeString(signature); !ok || key == "" || err != nil || len(sum) != 32 {
		return errors.New("auth is not of the form key:signature")
	}
	a.key, a.signature = key, signature
	return nil
}

// readData reads channel_data, an object or a text that holds one.
func (a *answer) readData(raw json.RawMessage) error {
	a.signed = raw
	if raw[0] == '"' {
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return fmt.Errorf("channel_data: %w", err)
		}
		a.signed = []byte(text)
	}
	var shown map[string]json.RawMessage
	if err := json.Unmarshal(a.signed, &shown); err != nil || shown == nil {
		return errors.New("channel_data is no JSON object")
	}
	m := &madang.Member{Data: shown["user_info"], Type: madang.JSON}
	id := shown["user_id"]
	if len(id) == 0 {
		return errors.New("channel_data has no user_id")
	}
	var ok bool
	if m.User, m.RawUser, ok = convention.UserID(id); !ok {
		return errors.New("user_id is neither an integer nor a text that is not empty")
	}
	if len(m.User) > maxID || strings.ContainsRune(m.User, 0) {
		return fmt.Errorf("user_id is longer than %d bytes, or has a character that no id has", maxID)
	}
	a.member = m
	return nil
}
