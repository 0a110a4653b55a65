package standard

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"

	"madang"
	"madang/device"
)

// who says who asks for a code or shows one: whoever is signed in by a session or a token. In home mode nobody has to be.
func (d *devices) who(r *http.Request) (device.Actor, bool, error) {
	p, err := d.site.Hub.Authenticate(r.Context(), credentials(r, d.config.app, apiGuardName))
	if errors.Is(err, madang.ErrUnauthenticated) || err == nil && p.User == "" {
		return device.Actor{}, false, nil
	}
	if err != nil {
		return device.Actor{}, false, err
	}
	if d.config.atHome() && d.people == nil {
		return device.Actor{}, false, nil // people of another issuer are not those of this house
	}
	// What roles and the abilities of a token close by the one way is closed by the other.
	call := madang.AccessRequest{Action: madang.ActCall, Principal: p, Channel: madang.Channel{App: p.App, Name: "device.code"}}
	if r.URL.Path == "/codecheck" {
		call.Channel.Name = "device.check"
	}
	if _, err := d.site.Hub.Authorize(r.Context(), call); err != nil {
		return device.Actor{}, false, err
	}
	return device.Actor{App: p.App, Person: p.User, Name: p.Name}, true, nil
}

// credentials are what a request has for a guard.
func credentials(r *http.Request, app, guard string) madang.Credentials {
	c := madang.Credentials{Guard: guard, App: app, Query: r.URL.Query().Get, Remote: r.RemoteAddr, Locale: r.Header.Get("Accept-Language")}
	if scheme, rest, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		c.Token = strings.TrimSpace(rest)
	}
	c.Header = func(key string) string {
		if strings.EqualFold(key, "Host") {
			return r.Host
		}
		return r.Header.Get(key)
	}
	return c
}

// remoteOf is where a request comes from; the server believes proxies as far as it was told to.
func remoteOf(r *http.Request) netip.Addr { return address(r.RemoteAddr) }
