//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"madang/bench/internal/stats"
)

const password = "a password that everybody has"

// patience is how long a login may take: a thousand may wait before it.
const patience = time.Minute

// A crowd is people with accounts, who all sign in.
type crowd struct {
	base     string
	client   *http.Client
	people   int
	parallel int
}

// gather registers the people.
func gather(ctx context.Context, port int, o *options) (*crowd, error) {
	c := &crowd{
		base: fmt.Sprintf("http://127.0.0.1:%d/api/auth", port), people: o.people, parallel: o.parallel,
		client: &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: o.parallel}},
	}
	for i := range o.people {
		form := map[string]any{"name": "Somebody", "email": address(i), "password": password, "password_confirmation": password, "terms": true}
		status, text, err := c.post(ctx, "/register", form)
		if err != nil {
			return nil, fmt.Errorf("register: %w", err)
		}
		if status != http.StatusOK && status != http.StatusCreated {
			return nil, fmt.Errorf("register: the server said %d %.200s", status, text)
		}
	}
	return c, nil
}

func address(i int) string { return fmt.Sprintf("somebody%d@example.com", i) }

// post sends a form and returns the status and the beginning of the answer.
func (c *crowd) post(ctx context.Context, path string, form any) (int, string, error) {
	body, err := json.Marshal(form)
	if err != nil {
		return 0, "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	a, err := c.client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer a.Body.Close()
	text, err := io.ReadAll(io.LimitReader(a.Body, 16<<10))
	return a.StatusCode, string(text), err
}

// answers are what the server said to a storm.
type answers struct {
	in     int             // let in
	later  int             // told to try later
	failed int             // anything else
	first  error           // the first of those
	waits  stats.Histogram // of those let in
}

// A storm is a crowd that signs in, all the time.
type storm struct {
	stop func()
	done sync.WaitGroup
	mu   sync.Mutex
	said answers
}

// storm begins one.
func (c *crowd) storm(ctx context.Context) *storm {
	ctx, stop := context.WithCancel(ctx)
	s := &storm{stop: stop}
	for i := range c.parallel {
		s.done.Go(func() {
			for n := i; ctx.Err() == nil; n += c.parallel {
				took, err := c.login(ctx, n%c.people)
				s.note(ctx, took, err)
			}
		})
	}
	return s
}

// errLater is the answer to somebody who shall come back later.
var errLater = errors.New("try later")

// login signs somebody in and returns how long that took.
func (c *crowd) login(ctx context.Context, i int) (took time.Duration, err error) {
	from := time.Now()
	status, text, err := c.post(ctx, "/login", map[string]any{"email": address(i), "password": password})
	switch {
	case err != nil:
		return 0, err
	case status == http.StatusServiceUnavailable:
		time.Sleep(100 * time.Millisecond) // as a client does that was told so
		return 0, errLater
	case status != http.StatusOK:
		return 0, fmt.Errorf("the server said %d %.200s", status, text)
	}
	return time.Since(from), nil
}

func (s *storm) note(ctx context.Context, took time.Duration, err error) {
	if ctx.Err() != nil {
		return // cut off at the end
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err == nil:
		s.said.in++
		s.said.waits.Add(took)
	case errors.Is(err, errLater):
		s.said.later++
	default:
		s.said.failed++
		if s.said.first == nil {
			s.said.first = err
		}
	}
}

// end ends the storm and returns what the server said.
func (s *storm) end() answers {
	s.stop()
	s.done.Wait()
	return s.said
}
