package standard

import (
	"fmt"
	"net/url"

	"madang/device/oauth"
	"madang/server"
)

// openOAuth opens what hubs that speak OAuth ask for somebody's consent by. It needs people, and an address where they find the
// page on which they consent; without those there is none.
func (d *devices) openOAuth(key []byte) error {
	c := d.config.OAuth
	if c.URL == "" && d.people != nil {
		c.URL = originOf(d.people.config.URL)
	}
	if c.URL == "" {
		return nil
	}
	store, err := server.Find[oauth.Store](d.site)
	if err != nil {
		return err
	}
	flow, err := oauth.NewFlow(c, oauth.Deps{Rules: d.relay.Service(), Store: store, Key: key, Log: d.site.Log})
	if err != nil {
		return fmt.Errorf("device.oauth: %w", err)
	}
	d.oauth = oauth.New(flow, d.site.Hub)
	return nil
}

// originOf is the beginning of an address: scheme and host.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
