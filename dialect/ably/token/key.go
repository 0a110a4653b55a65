package token

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"strings"

	"madang"
	"madang/dialect/ably/capability"
)

// A Key signs tokens, and is the most that they can be.
type Key struct {
	App        string
	Name       string // with the app's id before it, as Ably writes it: "app.key"
	Secret     string
	Capability capability.Set
	Revocable  bool // its tokens can be revoked; they live for an hour at most
}

// Keys finds keys. Implementations must be safe for concurrent use.
type Keys interface {
	// Key returns the key that Ably's clients call name, "app.key"; ok is false if there is none.
	Key(name string) (k Key, ok bool)
}

// Rights are what an app's key has at Ably besides its secret.
type Rights struct {
	// Capability is JSON: lists of operations by the names or patterns of channels, such as {"news:*":["subscribe"]}. Empty:
	// every operation on every channel.
	Capability string `yaml:"capability"`
	// Revocable lets the key's tokens be revoked. They live for an hour at most.
	Revocable bool `yaml:"revocable"`
}

// FromApps returns the keys of a server's apps. Rights are by Ably's names of the keys; a key without any has a full
// capability and tokens that cannot be revoked. A capability that is not one is an error.
func FromApps(apps *madang.Apps, rights map[string]Rights) (Keys, error) {
	a := appKeys{apps, map[string]Key{}}
	for name, r := range rights {
		k := Key{Capability: capability.Full(), Revocable: r.Revocable}
		if r.Capability != "" {
			var err error
			if k.Capability, err = capability.Parse(r.Capability); err != nil {
				return nil, fmt.Errorf("key %q: %w", name, err)
			}
		}
		a.limited[name] = k
	}
	return a, nil
}

type appKeys struct {
	apps    *madang.Apps
	limited map[string]Key
}

// Key implements Keys. Ids of apps and names of keys may have dots of their own, so every dot is tried.
func (a appKeys) Key(name string) (Key, bool) {
	for i := range len(name) {
		if name[i] != '.' {
			continue
		}
		app := a.apps.ByID(name[:i])
		if app == nil {
			continue
		}
		own, ok := app.Key(name[i+1:])
		if !ok {
			continue
		}
		k, limited := a.limited[name]
		if !limited {
			k.Capability = capability.Full()
		}
		k.App, k.Name, k.Secret = app.ID, name, own.Secret
		return k, true
	}
	return Key{}, false
}

// allow returns what of a capability the key can give.
func (k Key) allow(asked capability.Set) (capability.Set, error) {
	s := asked.Intersect(k.Capability)
	if s.Empty() {
		return capability.Set{}, refuse(CodeDenied, "nothing of the capability that is asked for is among that of the key %.100q", k.Name)
	}
	// What two large ones have in common can be more than one may have.
	if _, err := capability.Parse(s.String()); err != nil {
		return capability.Set{}, badCapability(err)
	}
	return s, nil
}

// SplitKey takes "app.key:secret" apart.
func SplitKey(text string) (name, secret string, ok bool) {
	name, secret, _ = strings.Cut(text, ":")
	return name, secret, name != "" && secret != ""
}

// is reports whether a secret is the key's. Hashes are compared, so that the time tells not even its length.
func (k Key) is(secret string) bool {
	want, got := sha256.Sum256([]byte(k.Secret)), sha256.Sum256([]byte(secret))
	return k.Secret != "" && subtle.ConstantTimeCompare(want[:], got[:]) == 1
}
