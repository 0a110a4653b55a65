//go:build unix

package standard_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// errGone says that a connection ended before a call was answered.
var errGone = errors.New("the connection has ended")

// A callError is a refusal in an acknowledgement.
type callError struct{ Code, Message string }

func (e *callError) Error() string { return e.Code + ": " + e.Message }

// A connectError is a refusal of the namespace.
type connectError struct {
	Message string
	Data    struct{ Code string }
}

func (e *connectError) Error() string { return e.Data.Code + ": " + e.Message }

// An event is what a client hears.
type event struct {
	name string
	data json.RawMessage // the first argument
}

// A socket is a client in the namespace /chat.
type socket struct {
	w    *wire
	open string        // the handshake
	gone chan struct{} // closed at the end
	told chan struct{} // closed when the server sends DISCONNECT

	writing sync.Mutex

	mu        sync.Mutex
	changed   chan struct{} // closed and made anew at each event
	heard     []event
	calls     map[int]chan json.RawMessage
	lastCall  int
	malformed error
}

// enter connects to /chat; an empty token is none.
func enter(ctx context.Context, url, token string, header ...string) (*socket, error) {
	w, err := dialWire(ctx, url, "/socket.io/?EIO=4&transport=websocket", header...)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = w.conn.Close() })
	s := &socket{w: w, gone: make(chan struct{}), told: make(chan struct{}), changed: make(chan struct{}), calls: map[int]chan json.RawMessage{}}
	if err := s.handshake(token); err != nil {
		stop()
		_ = w.conn.Close() // the first error is the one to tell
		return nil, err
	}
	go func() {
		defer close(s.gone)
		s.listen()
		stop()
		_ = w.conn.Close() // it has ended already
	}()
	return s, nil
}

func (s *socket) handshake(token string) error {
	open, err := s.w.next()
	if err != nil {
		return err
	}
	s.open = open
	auth := []byte{}
	if token != "" {
		if auth, err = json.Marshal(map[string]string{"token": token}); err != nil {
			return err
		}
	}
	if err := s.w.send("40/chat," + string(auth)); err != nil {
		return err
	}
	answer, err := s.w.next()
	if err != nil {
		return err
	}
	if text, ok := strings.CutPrefix(answer, "44/chat,"); ok {
		refusal := &connectError{}
		if err := json.Unmarshal([]byte(text), refusal); err != nil {
			return fmt.Errorf("%s: %w", answer, err)
		}
		return refusal
	}
	if !strings.HasPrefix(answer, `40/chat,{"sid":"`) {
		return fmt.Errorf("answer to CONNECT: %s", answer)
	}
	return nil
}

// join enters and fails the test if that does not work. The socket hears what happens from now on, and ends with the test.
func (p person) join(t *testing.T, url string) *socket {
	t.Helper()
	s, err := enter(t.Context(), url, p.token)
	if err != nil {
		t.Fatalf("%s: %v", p.id, err)
	}
	t.Cleanup(func() { s.leave(t) })
	s.must(t, "unread", nil, nil) // calls are answered after the welcome
	return s
}

// leave closes the connection as a browser's window does.
func (s *socket) leave(t *testing.T) {
	t.Helper()
	_ = s.w.conn.Close() // it may have ended already
	<-s.gone
	if s.malformed != nil {
		t.Error(s.malformed)
	}
}

// listen takes what comes until the end.
func (s *socket) listen() {
	for {
		text, err := s.w.next()
		if err != nil {
			return
		}
		if err := s.take(text); err != nil {
			s.malformed = err
			return
		}
	}
}

func (s *socket) take(text string) error {
	switch {
	case text == "2":
		return s.write("3")
	case text == "41/chat,":
		close(s.told)
		return nil
	}
	if data, ok := strings.CutPrefix(text, "42/chat,"); ok {
		var args []json.RawMessage
		var e event
		if err := json.Unmarshal([]byte(data), &args); err != nil || len(args) < 2 || json.Unmarshal(args[0], &e.name) != nil {
			return fmt.Errorf("event %q: %w", text, err)
		}
		e.data = args[1]
		s.mu.Lock()
		defer s.mu.Unlock()
		s.heard = append(s.heard, e)
		close(s.changed)
		s.changed = make(chan struct{})
		return nil
	}
	data, ok := strings.CutPrefix(text, "43/chat,")
	at := strings.IndexByte(data, '[')
	if !ok || at < 0 {
		return fmt.Errorf("unexpected packet %q", text)
	}
	id, err := strconv.Atoi(data[:at])
	if err != nil {
		return fmt.Errorf("acknowledgement %q: %w", text, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.calls[id]; c != nil {
		c <- json.RawMessage(data[at:])
		delete(s.calls, id)
		return nil
	}
	return fmt.Errorf("acknowledgement %q that nobody waits for", text)
}

func (s *socket) write(texts ...string) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.w.send(texts...) != nil {
		return errGone
	}
	return nil
}

// begin makes a call and returns where its answer comes.
func (s *socket) begin(name string, arg any) (<-chan json.RawMessage, error) {
	b, err := json.Marshal([]any{name, arg})
	if err != nil {
		return nil, err
	}
	c := make(chan json.RawMessage, 1)
	s.mu.Lock()
	s.lastCall++
	id := s.lastCall
	s.calls[id] = c
	s.mu.Unlock()
	return c, s.write(fmt.Sprintf("42/chat,%d%s", id, b))
}

// call makes a call and puts its answer into out, unless that is nil.
func (s *socket) call(name string, arg, out any) error {
	c, err := s.begin(name, arg)
	if err != nil {
		return err
	}
	answer, err := s.answer(c)
	if err != nil {
		return err
	}
	return read(answer, out)
}

// answer waits for the answer of a call, which may have come just before the end.
func (s *socket) answer(c <-chan json.RawMessage) (json.RawMessage, error) {
	select {
	case b := <-c:
		return b, nil
	case <-s.gone:
	case <-time.After(patience):
		return nil, errors.New("no answer came")
	}
	select {
	case b := <-c:
		return b, nil
	default:
		return nil, errGone
	}
}

// read takes the one argument of an acknowledgement apart.
func read(answer json.RawMessage, out any) error {
	var args []json.RawMessage
	if err := json.Unmarshal(answer, &args); err != nil || len(args) != 1 {
		return fmt.Errorf("acknowledgement %s: %w", answer, err)
	}
	var failed struct{ Error *callError }
	if err := json.Unmarshal(args[0], &failed); err != nil {
		return fmt.Errorf("acknowledgement %s: %w", answer, err)
	}
	if failed.Error != nil {
		return failed.Error
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(args[0], out)
}

// must is call for what must work.
func (s *socket) must(t *testing.T, name string, arg, out any) {
	t.Helper()
	if err := s.call(name, arg, out); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// after returns the events from number n on, waiting until there is one; none when the connection has ended.
func (s *socket) after(n int) []event {
	for {
		s.mu.Lock()
		events, changed := s.heard[n:], s.changed
		s.mu.Unlock()
		if len(events) > 0 {
			return events
		}
		select {
		case <-changed:
		case <-s.gone:
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.heard[n:]
		case <-time.After(patience):
			return nil
		}
	}
}

// hear waits for an event of a name whose data fit, and returns its data.
func hear[T any](t *testing.T, s *socket, name string, fits func(T) bool) T {
	t.Helper()
	for n := 0; ; {
		events := s.after(n)
		if events == nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			t.Fatalf("no such event %s came; heard %s", name, s.heard)
		}
		n += len(events)
		for _, e := range events {
			var data T
			if e.name != name {
				continue
			}
			if err := json.Unmarshal(e.data, &data); err != nil {
				t.Fatalf("%s: %v", e.data, err)
			}
			if fits(data) {
				return data
			}
		}
	}
}

// dismissed reports whether the server has sent DISCONNECT, after which clients do not come back by themselves.
func (s *socket) dismissed() bool {
	select {
	case <-s.told:
		return true
	default:
		return false
	}
}

// count returns how many events of a name have come so far.
func (s *socket) count(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, e := range s.heard {
		if e.name == name {
			n++
		}
	}
	return n
}
