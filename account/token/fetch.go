package token

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"
)

const maxRedirects = 3

// A fetcher gets a JWK set over HTTP.
type fetcher struct {
	client  *http.Client
	address *url.URL
	timeout time.Duration
	log     *slog.Logger
}

// newFetcher returns a fetcher with a copy of the client that follows only redirects to where keys may come from.
func newFetcher(client *http.Client, address *url.URL, log *slog.Logger) *fetcher {
	c := *client
	c.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return fmt.Errorf("more than %d redirects", maxRedirects)
		}
		if via[len(via)-1].URL.Scheme == "https" && r.URL.Scheme != "https" {
			return errors.New("redirect from https to http")
		}
		return checkAddress(r.URL)
	}
	return &fetcher{client: &c, address: address, timeout: fetchTimeout, log: log}
}

// fetch returns the keys. A set that says it is empty is an answer: everything was withdrawn.
func (f *fetcher) fetch(ctx context.Context) ([]key, error) {
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.address.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", f.address.Redacted(), err)
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	res, err := f.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the answer is %s", res.Status)
	}
	data, err := readKeySet(res.Body)
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	keys, skipped, err := parseSet(data, false)
	if err != nil {
		return nil, err
	}
	for _, why := range skipped {
		f.log.Debug("key passed over", "url", f.address.Redacted(), "reason", why)
	}
	if len(keys) == 0 {
		f.log.Warn("the key set has no key that can be used", "url", f.address.Redacted(), "passed_over", len(skipped))
	}
	return keys, nil
}

// checkAddress refuses addresses whose answer somebody on the way could change.
func checkAddress(u *url.URL) error {
	switch {
	case u.Hostname() == "":
		return errors.New("the address has no host")
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	default:
		return fmt.Errorf("the address must begin with https://, http is for this machine only; it is %s", u.Redacted())
	}
}

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
