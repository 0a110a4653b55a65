package standard

import (
	"context"
	"fmt"
	"maps"
	"net/http"

	"madang/device/home"
	"madang/device/rest"
	"madang/server"
	"madang/web"
)

// openREST opens what devices answer by HTTP below /v1.
func (d *devices) openREST() (err error) {
	d.rest, err = rest.New(d.config.REST, rest.Deps{Hub: d.site.Hub, Relay: d.relay, Calls: d.calls(), Log: d.site.Log})
	if err != nil {
		return fmt.Errorf("device.rest: %w", err)
	}
	return nil
}

// calls is what opens calls to roles; nil: there are no accounts.
func (d *devices) calls() rest.Calls {
	if d.people == nil {
		return nil
	}
	return d.people.gate
}

// Routes implements server.Router.
func (d *devices) Routes() map[string]http.Handler {
	all := d.rest.Routes()
	for _, pattern := range home.Patterns() {
		all[pattern] = d.http
	}
	if d.oauth != nil {
		maps.Copy(all, d.oauth.Routes())
	}
	if d.own {
		maps.Copy(all, d.ring.Routes())
	}
	return all
}

// Drain implements server.Drainer: requests that wait for what becomes of a command are answered.
func (d *devices) Drain(context.Context) { d.rest.Drain() }

// pagesOfDevices turns on the pages of devices, where there are pages.
func pagesOfDevices(s *server.Site) error {
	d, err := server.Find[*devices](s)
	if err != nil {
		return nil //nolint:nilerr // they are off
	}
	pages, err := server.Find[*web.Pages](s)
	if err != nil {
		return nil //nolint:nilerr // there are none
	}
	return pages.Devices(web.Devices{
		Mode: string(d.config.Home.Mode), Serial: d.ownSerial(), Format: string(d.config.Config.Pairing.Format), Guest: d.config.atHome(),
	})
}

// ownSerial is that of the box in which this server runs; empty: it runs in none.
func (d *devices) ownSerial() string {
	if !d.config.atHome() {
		return ""
	}
	return d.config.Home.Serial
}

// Hints implements server.Hinter.
func (d *devices) Hints(url, _ string) []string {
	return []string{
		fmt.Sprintf("집의 기기 · devices at home:   madang simulate home   (%s/home · %s/screen)", url, url),
	}
}
