package standard

import (
	"context"
	"errors"

	"madang/dialect/pusher"
	"madang/dialect/pusher/authorize"
	"madang/server"
	"madang/webhook/outgoing"
)

// openWebhooks opens what tells the apps' backends what happens in their channels.
func openWebhooks(_ context.Context, s *server.Site, c outgoing.Config) (*webhooks, error) {
	all := endpoints(s.Config)
	if len(all) == 0 {
		return nil, server.ErrOff
	}
	w, err := outgoing.New(c, outgoing.Options{Apps: s.Apps, Endpoints: all, Cluster: s.Hub, Log: s.Log})
	if err != nil {
		return nil, err
	}
	return &webhooks{w}, nil
}

// endpoints are the addresses that apps name.
func endpoints(c *server.Config) (all []outgoing.Endpoint) {
	for _, a := range c.Apps {
		for _, w := range a.Webhooks {
			all = append(all, outgoing.Endpoint{
				App: a.ID, URL: w.URL, Events: w.Events, Prefix: w.Prefix, Suffix: w.Suffix, Headers: w.Headers,
			})
		}
	}
	return all
}

// checkEndpoints finds what is wrong with addresses when the settings are read, not only when the server starts.
func checkEndpoints(base *server.Config, _ *outgoing.Config) error {
	var errs []error
	for _, e := range endpoints(base) {
		errs = append(errs, e.Validate())
	}
	return errors.Join(errs...)
}

// webhooks are a part of this server.
type webhooks struct{ *outgoing.Webhooks }

// openPusher opens the dialect of pusher-js.
func openPusher(_ context.Context, s *server.Site, c pusher.Config) (*pusher.Server, error) {
	p, err := pusher.New(s.Hub, c, pusher.Options{Apps: s.Apps, Log: s.Log})
	if err != nil {
		return nil, err
	}
	if w, err := server.Find[*webhooks](s); err == nil { // else nobody wants to know
		p.OnCacheMiss(w.CacheMiss)
		p.OnSubscriptionCount(w.SubscriptionCount)
	}
	return p, nil
}

// openAuthorize opens what signs for pusher-js where this server's own token says who somebody is.
func openAuthorize(_ context.Context, s *server.Site, _ struct{}) (*authorize.Handler, error) {
	var app string
	if err := firstApp(s.Config, &app); err != nil {
		return nil, err
	}
	return authorize.New(s.Hub, s.Apps, app, s.Log), nil
}
