package convention

import "strings"

// Kind is what a channel's name says about who may be there.
type Kind uint8

// Kinds of channels.
const (
	Public   Kind = iota // everybody
	Private              // who may, by signature or by the backend's word
	Presence             // the same, and they see each other
	User                 // one signed-in user's own
)

// Beginnings of names.
const (
	privatePrefix   = "private-"
	presencePrefix  = "presence-"
	encryptedPrefix = "private-encrypted-"
	userPrefix      = "#server-to-user-"
)

// ClientPrefix begins the names of events that clients publish themselves.
const ClientPrefix = "client-"

// MaxName is the longest name of a channel or event in bytes, as the server libraries allow it.
const MaxName = 200

// KindOf returns the kind of a channel. Only the beginning of the name counts, as with Pusher and Laravel
// (laravel-echo-server looks for private- anywhere in it).
func KindOf(name string) Kind {
	switch {
	case strings.HasPrefix(name, privatePrefix):
		return Private
	case strings.HasPrefix(name, presencePrefix):
		return Presence
	case strings.HasPrefix(name, userPrefix):
		return User
	}
	return Public
}

// Encrypted reports whether the events of a channel are sealed by their publisher; the server only relays them.
func Encrypted(name string) bool { return strings.HasPrefix(name, encryptedPrefix) }

// Cached reports whether a channel's last event is kept for who subscribes later.
func Cached(name string) bool {
	for _, p := range [...]string{"", privatePrefix, encryptedPrefix, presencePrefix} {
		if strings.HasPrefix(name, p+"cache-") {
			return true
		}
	}
	return false
}

// UserOf returns the user whose own channel this is; ok is false for any other channel.
func UserOf(name string) (user string, ok bool) {
	user, ok = strings.CutPrefix(name, userPrefix)
	return user, ok && user != ""
}

// UserChannel returns the name of a user's own channel.
func UserChannel(user string) string { return userPrefix + user }

// ValidName reports whether Pusher allows the name for a channel: at most MaxName of letters, digits and _-=@,.;
// A user's own channel begins with # besides.
func ValidName(name string) bool {
	if user, ok := UserOf(name); ok {
		name = user
	}
	if name == "" || len(name) > MaxName {
		return false
	}
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("_-=@,.;", c) >= 0:
		default:
			return false
		}
	}
	return true
}

// ReservedEvent reports whether an event's name is one that the protocol keeps for itself: pusher-js takes such an event for
// word of the server's.
func ReservedEvent(name string) bool {
	return strings.HasPrefix(name, "pusher:") || strings.HasPrefix(name, "pusher_internal:")
}

// ClientEvent reports whether an event's name is one that clients may publish.
func ClientEvent(name string) bool { return strings.HasPrefix(name, ClientPrefix) }
