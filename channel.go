package madang

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Channel names a stream of messages in an app. Channel "room" of two apps never meet.
type Channel struct {
	App  string
	Name string
}

// String returns app and name for logs.
func (c Channel) String() string { return c.App + ":" + c.Name }

// Reserved reports whether the name belongs to the server. Clients can neither subscribe to such a channel nor publish
// to it by name; features and dialects use them on the server's own authority.
func (c Channel) Reserved() bool { return strings.HasPrefix(c.Name, "$") }

// MaxChannelName is the longest name of a channel in bytes.
const MaxChannelName = 512

// Validate refuses names that no client may use: empty, too long, not UTF-8, with control characters, or reserved.
func (c Channel) Validate() error {
	switch {
	case c.Name == "":
		return fmt.Errorf("channel name is empty: %w", ErrInvalid)
	case len(c.Name) > MaxChannelName:
		return fmt.Errorf("channel name has %d bytes, more than %d: %w", len(c.Name), MaxChannelName, ErrInvalid)
	case c.Reserved():
		return fmt.Errorf("channel %q: names that begin with $ belong to the server: %w", c.Name, ErrForbidden)
	case !utf8.ValidString(c.Name) || strings.ContainsFunc(c.Name, isControl):
		return fmt.Errorf("channel name %q: not printable UTF-8: %w", c.Name, ErrInvalid)
	}
	return nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// Channels of the cluster itself.
const (
	allNodes   = "$all"   // every node listens: emits to several channels, joins, asks
	nodePrefix = "$node." // + NodeID: answers for one node
	nodesName  = "$nodes" // presence: the living nodes
)

// UserChannel is where all connections of one user listen, on whatever node and dialect.
func UserChannel(app, user string) Channel { return Channel{App: app, Name: "$user/" + user} }
