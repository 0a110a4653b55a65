package home

import (
	"crypto/subtle"
	"net/netip"

	"madang"
	"madang/device/relay"
)

// Display returns who a connection is that says it is the display of this box: it proves it by where it comes from, or by the
// display's token, if there is one. Nil: it does not. Only in home mode has the box such a display; in the cloud it shows
// codes by its own connection.
//
// The address must be one that can be trusted: behind a proxy on the same machine every connection seems to come from there.
// A page of another site that a browser on the box shows could connect as well as the display's; so whoever asks must have
// made sure that the handshake is of no other origin, as for every request that trusts in where it comes from.
func (c Config) Display(app string, from netip.Addr, token, secret string) *madang.Principal {
	if c.Mode != Home {
		return nil
	}
	if secret != "" && subtle.ConstantTimeCompare([]byte(token), []byte(secret)) == 1 {
		return relay.DisplayPrincipal(app, c.Serial)
	}
	for _, d := range c.Displays {
		if p, err := netip.ParsePrefix(d); err == nil && p.Contains(from.Unmap().WithZone("")) {
			return relay.DisplayPrincipal(app, c.Serial)
		}
	}
	return nil
}
