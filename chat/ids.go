package chat

import (
	"fmt"
	"strings"

	"madang"
)

// The lengths, in bytes, of what identifies things.
const (
	MaxRoomID = 64
	MaxUserID = 128
	MaxNonce  = 128
	maxSocket = 256
)

// checkRoomID refuses ids that could not stand in a URL's path or a channel's name as they are: 1 to 64 letters, digits,
// ".", "_" and "-" of ASCII, the first one a letter or digit (a path element must not be "..").
func checkRoomID(id string) error {
	if id == "" || len(id) > MaxRoomID {
		return fmt.Errorf("room id has %d bytes, 1 to %d are allowed: %w", len(id), MaxRoomID, ErrInvalid)
	}
	for i := range len(id) {
		c := id[i]
		alphanumeric := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alphanumeric && (i == 0 || c != '.' && c != '_' && c != '-') {
			return fmt.Errorf("room id %q has %q at byte %d: %w", id, c, i, ErrInvalid)
		}
	}
	return nil
}

func checkUserID(id string) error {
	if id == "" || len(id) > MaxUserID {
		return fmt.Errorf("user id has %d bytes, 1 to %d are allowed: %w", len(id), MaxUserID, ErrInvalid)
	}
	if err := checkString(id); err != nil {
		return fmt.Errorf("user id %w", err)
	}
	return nil
}

func checkNonce(nonce string) error {
	if len(nonce) > MaxNonce {
		return fmt.Errorf("nonce has %d bytes, at most %d are allowed: %w", len(nonce), MaxNonce, ErrInvalid)
	}
	if err := checkString(nonce); err != nil {
		return fmt.Errorf("nonce %w", err)
	}
	return nil
}

// checkSocket refuses what is not a connection's id: digits.digits, perhaps behind a dialect's own prefix and "#". Whether
// there is such a connection, and whose it is, nobody can know: its client may be on another node, or gone. Who names
// somebody else's keeps them from hearing a message at once, never from reading it.
func checkSocket(id madang.ConnID) error {
	if id == "" {
		return nil
	}
	number := id[strings.LastIndexByte(string(id), '#')+1:]
	if !number.Valid() || len(id) > maxSocket {
		return fmt.Errorf("socket id %.40q is not of the form digits.digits: %w", id, ErrInvalid)
	}
	if err := checkString(string(id)); err != nil {
		return fmt.Errorf("socket id %w", err)
	}
	return nil
}

// checkSkip refuses what is not the name of a connection in the core: a socket's id, perhaps with a number behind it by
// which a dialect tells those of one client apart.
func checkSkip(id madang.ConnID) error {
	if head, tail, ok := cutLast(string(id)); ok && tail != "" && strings.Trim(tail, "0123456789") == "" && strings.Contains(head, ".") {
		return checkSocket(madang.ConnID(head))
	}
	return checkSocket(id)
}

func cutLast(s string) (head, tail string, ok bool) {
	i := strings.LastIndexByte(s, '.')
	return s[:max(i, 0)], s[i+1:], i >= 0
}

// ValidSocket reports whether an id can be a connection's: see NewMessage.Skip.
func ValidSocket(id madang.ConnID) bool { return id != "" && checkSocket(id) == nil }
