package outgoing

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"

	"madang/internal/convention"
	"madang/webhook"
)

// post sends a body once. A redirect is a failure: the signature is for this address.
func (s *sink) post(ctx context.Context, body []byte) error {
	ctx, done := context.WithTimeout(ctx, s.cfg.Timeout)
	defer done()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", "madang")
	for name, value := range s.Headers {
		req.Header.Set(name, value)
	}
	req.Header.Set("Content-Type", "application/json") // exactly: Pusher's libraries compare it as a text
	req.Header.Set("X-Pusher-Key", s.key.Name)
	req.Header.Set("X-Pusher-Signature", convention.Sign(s.key.Secret, string(body)))
	res, err := s.client.Do(req)
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err // without the address, which may hold a password
	}
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	said, _ := io.ReadAll(io.LimitReader(res.Body, webhook.MaxReply)) // to its end, so that the connection can be used again
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return refused(res.StatusCode, said)
	}
	return nil
}
