package cli

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"time"

	"madang/server"
)

// healthcheck is the command for containers, whose images have no curl.
type healthcheck struct {
	URL     string        `help:"Address of the server. Default: where the settings say that it listens." placeholder:"URL"`
	Listen  string        `help:"The server's --listen, if it was started with one." placeholder:"ADDRESS"`
	Timeout time.Duration `help:"How long to wait." default:"3s"`
}

// Run asks.
func (h *healthcheck) Run(c *Context) error {
	url := h.URL
	if url == "" {
		set, err := c.Load(server.Flag{Name: "--listen", Key: "listen", Value: h.Listen})
		if err != nil {
			return err
		}
		url = set.LocalURL()
	}
	ctx, cancel := context.WithTimeout(c.Soft, h.Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/livez", nil)
	if err != nil {
		return &usageError{fmt.Errorf("--url: %w", err)}
	}
	client := &http.Client{Transport: &http.Transport{
		// Nothing secret is said and nothing believed but the status; the certificate is not for 127.0.0.1.
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // as said above
	}}
	answer, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("no server answers: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s/livez says %s", url, answer.Status)
	}
	fmt.Fprintln(c.Stdout, "ok")
	return nil
}
