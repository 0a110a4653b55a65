package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// MaxReply is how many bytes of an answer are read.
const MaxReply = 64 << 10

// A Config names the user's backend and how it is reached.
type Config struct {
	// AuthHost is the address of the backend; a list is chosen from by the page that a client comes from. Empty: none.
	AuthHost []string
	// HideAddress keeps the client's address from the backend; otherwise X-Forwarded-For tells it.
	HideAddress bool

	ClientConfig `yaml:",inline"`
}

// Defaults returns the configuration of a server that has no backend.
func Defaults() Config { return Config{ClientConfig: ClientConfig{Timeout: 10 * time.Second}} }

// Validate reports what cannot work.
func (c Config) Validate() error {
	_, err := ParseHosts(c.AuthHost)
	return errors.Join(err, c.ClientConfig.Validate())
}

// A Backend is asked with forms on behalf of clients, with their headers. It is safe for concurrent use.
type Backend struct {
	cfg    Config
	hosts  Hosts
	client *http.Client
}

// NewBackend returns the backend of a configuration. A client of the caller's own should follow no redirects; nil: one
// that keeps up to conns connections.
func NewBackend(c Config, client *http.Client, conns int, log *slog.Logger) (*Backend, error) {
	hosts, err := ParseHosts(c.AuthHost)
	if err != nil {
		return nil, err
	}
	if client == nil {
		if client, err = NewClient(c.ClientConfig, conns, log); err != nil {
			return nil, err
		}
	}
	return &Backend{cfg: c, hosts: hosts, client: client}, nil
}

// Enabled reports whether there is a backend to ask.
func (b *Backend) Enabled() bool { return b.hosts.Len() > 0 }

// A Call is one request.
type Call struct {
	Endpoint string              // path that follows the host
	Header   map[string][]string // the client's; see [Forward]
	Remote   string              // the client's address, with or without a port
	Form     url.Values
	Repeats  bool // asking twice does no harm
}

// A Reply is what came back, as far as it came.
type Reply struct {
	URL       string // that was asked, without a password in it; empty if none could be chosen
	Status    int    // 0: none came
	Header    http.Header
	Body      []byte // up to [MaxReply] bytes
	Truncated bool   // there was more
}

// Post sends a form and returns the answer, whatever its status. With an error the reply says how far it came.
func (b *Backend) Post(ctx context.Context, c Call) (Reply, error) {
	var r Reply
	base, err := b.hosts.For(referer(c.Header))
	if err != nil {
		return r, err
	}
	ctx, done := context.WithTimeout(ctx, b.cfg.Timeout)
	defer done()
	target := base + "/" + strings.TrimLeft(c.Endpoint, "/")
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(c.Form.Encode()))
	if err != nil {
		return r, fmt.Errorf("the backend's address: %w", err)
	}
	r.URL = req.URL.Redacted()
	h, ok := Forward(c.Header)
	if !ok {
		return r, fmt.Errorf("the client's headers have more than %d bytes", maxHeaders)
	}
	b.dress(h, c.Remote)
	if c.Repeats {
		// This is not sent. Without it a request on a connection that the backend has just closed would fail instead of
		// taking another one.
		h["Idempotency-Key"] = nil
	}
	req.Header = h
	res, err := b.client.Do(req)
	if err != nil {
		return r, plain(err)
	}
	defer func() { _ = res.Body.Close() }()
	r.Status, r.Header = res.StatusCode, res.Header
	body, err := io.ReadAll(io.LimitReader(res.Body, MaxReply+1))
	if len(body) > MaxReply {
		body, r.Truncated = body[:MaxReply], true
	}
	r.Body = body
	return r, plain(err)
}

// dress adds the server's own headers.
func (b *Backend) dress(h http.Header, remote string) {
	h.Set("Content-Type", "application/x-www-form-urlencoded")
	h.Set("X-Requested-With", "XMLHttpRequest") // Laravel then answers in JSON and does not redirect
	if h.Get("Accept") == "" {
		h.Set("Accept", "application/json")
	}
	if _, ok := h["User-Agent"]; !ok {
		h.Set("User-Agent", "madang")
	}
	if remote != "" && !b.cfg.HideAddress {
		if host, _, err := net.SplitHostPort(remote); err == nil {
			remote = host
		}
		if clean(remote) {
			h.Set("X-Forwarded-For", remote)
		}
	}
}

// referer returns the page that a client comes from.
func referer(h map[string][]string) string {
	for name, values := range h {
		if strings.EqualFold(name, "Referer") && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

// plain takes the address out of an error: it is told beside it, without its password.
func plain(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
