package operator

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// A Client asks an Operator, in this process or in another.
type Client struct {
	do func(*http.Request) (*http.Response, error)
	as string
}

// As returns a Client that tells the audit log which command asks.
func (c *Client) As(command string) *Client { return &Client{do: c.do, as: command} }

// Direct returns a Client of an Operator in this process, or of whatever else answers commands.
func Direct(o interface{ Handler() http.Handler }) *Client {
	h := o.Handler()
	return &Client{do: func(r *http.Request) (*http.Response, error) {
		w := &reply{header: http.Header{}, status: http.StatusOK}
		h.ServeHTTP(w, r)
		return &http.Response{StatusCode: w.status, Status: http.StatusText(w.status), Header: w.header, Body: io.NopCloser(&w.body)}, nil
	}}
}

// A reply keeps what a handler of this process answers.
type reply struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (r *reply) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter.
func (r *reply) WriteHeader(status int) { r.status = status }

// Write implements http.ResponseWriter.
func (r *reply) Write(b []byte) (int, error) { return r.body.Write(b) }

// Path joins parts of a path, whatever is in them.
func Path(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString("/" + url.PathEscape(p))
	}
	return b.String()
}

// maxAnswer is the largest answer that is read, in bytes: a thousand people.
const maxAnswer = 16 << 20

// Do asks for something, with in as the body unless it is nil, and reads the answer into out unless that is nil. What was
// refused is an [*Error].
func (c *Client) Do(ctx context.Context, method, path string, in, out any) error {
	var send io.Reader = http.NoBody
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		send = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://operator"+path, send)
	if err != nil {
		return err
	}
	r.Header.Set(byHeader, c.as)
	a, err := c.do(r)
	if err != nil {
		return fmt.Errorf("ask the running server: %w", err)
	}
	defer func() { _ = a.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(a.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("ask the running server: %w", err)
	}
	if a.StatusCode != http.StatusOK {
		var p problem
		if json.Unmarshal(b, &p) != nil || p.Error == "" {
			p.Error = fmt.Sprintf("the running server says %s; is it of another version?", a.Status)
		}
		return &Error{Status: a.StatusCode, Text: p.Error}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(b, out); err != nil {
		return fmt.Errorf("read the answer of the running server: %w", err)
	}
	return nil
}
