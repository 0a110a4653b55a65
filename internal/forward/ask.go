package forward

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync"
	"time"

	"madang"
)

// wholeWithin is how long a short body is waited for before the owner hears of the request.
const wholeWithin = 10 * time.Millisecond

// Forward lets another node serve a request. When it returns an error nothing has been answered yet.
//
// As with a local request, an answer is given once: if the client is gone before it has all of it, the rest is lost, and it is
// for the protocol above to begin anew.
func (r *Forwarder) Forward(w http.ResponseWriter, q *http.Request, to madang.NodeID) error {
	if to == r.o.Hub.Node() {
		return fmt.Errorf("forward: this node does not know it either: %w", ErrNoNode)
	}
	if ok, err := r.lives(q.Context(), to); err != nil || !ok {
		if err == nil {
			err = fmt.Errorf("forward: node %s has no lease: %w", to, ErrNoNode)
		}
		return err
	}
	if err := r.Open(q.Context()); err != nil { // the answer comes as a letter as well
		return err
	}
	s, err := r.begin(to)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(q.Context(), func() { s.close(errClosed) })
	defer stop()
	h, err := s.ask(w, q)
	if err != nil {
		s.close(errClosed)
		if q.Context().Err() != nil {
			return nil // nobody waits for an answer
		}
		return whyNot(to, err)
	}
	clear(w.Header())
	maps.Copy(w.Header(), h.header)
	if h.status == 0 {
		stop()
		s.tunnel(w)
		return nil
	}
	w.WriteHeader(h.status)
	if err := s.copyTo(w); err != nil {
		s.close(errClosed)
		panic(http.ErrAbortHandler) // net/http's way to say that an answer is not whole
	}
	s.forget()
	return nil
}

// whyNot says what it means to the client that a stream has failed.
func whyNot(to madang.NodeID, err error) error {
	if errors.Is(err, errSilent) {
		return fmt.Errorf("forward: node %s: %w: %w", to, ErrNoNode, err)
	}
	return fmt.Errorf("forward: node %s: %w: %w", to, ErrAway, err)
}

// begin makes a stream to a node.
func (r *Forwarder) begin(to madang.NodeID) (*stream, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open[0] >= r.most {
		return nil, fmt.Errorf("forward: %d requests are under way, the limit: %w", r.most, ErrAway)
	}
	l := r.link(to)
	r.next++
	s := newStream(l, r.next, true)
	l.join(s)
	return s, nil
}

// ask sends the request and waits for the beginning of the answer.
func (s *stream) ask(w http.ResponseWriter, q *http.Request) (*head, error) {
	text := request{
		method: q.Method, target: q.URL.RequestURI(), host: q.Host, remote: q.RemoteAddr, secure: q.TLS != nil,
		size: q.ContentLength, header: q.Header, answer: w.Header(),
	}
	begin := s.frame(opAsk, text.append(nil))
	if len(begin.data) > maxFrame {
		return nil, fmt.Errorf("forward: a request's header has %d bytes, more than %d", len(begin.data), maxFrame)
	}
	if q.Body == nil || q.Body == http.NoBody {
		s.link.send(begin) // if it becomes a tunnel, bytes follow all the same
		return s.answer()
	}
	if q.ContentLength < 0 || q.ContentLength > chunk {
		s.link.send(begin) // others may ask at the same time: it must be known that there is this one
		if err := s.sendBody(q.Body); err != nil {
			return nil, err
		}
		return s.answer()
	}
	// A short body is mostly there already, and all goes in one letter. A client that takes its time is announced, as above.
	announce := sync.OnceFunc(func() { s.link.send(begin) })
	late := time.AfterFunc(wholeWithin, announce)
	all := make([]byte, q.ContentLength)
	_, err := io.ReadFull(q.Body, all)
	early := late.Stop()
	if !early {
		announce() // or wait until it is: nothing may come before it
	}
	if err != nil {
		return nil, fmt.Errorf("forward: read the client's body: %w", err)
	}
	if _, err := s.room(len(all), true); err != nil { // there is room for the first always
		return nil, err
	}
	if data, end := s.frame(opData, all), s.frame(opEnd, nil); early {
		s.link.send(begin, data, end)
	} else {
		s.link.send(data, end)
	}
	return s.answer()
}

// sendBody sends a body until its end, or until nobody wants more of it.
func (s *stream) sendBody(body io.Reader) error {
	buffer := make([]byte, chunk)
	for {
		n, err := s.room(len(buffer), true)
		if err == io.EOF { //nolint:errorlint // it is answered
			return nil
		}
		if err != nil {
			return err
		}
		got, err := io.ReadFull(body, buffer[:n])
		s.link.send(s.frame(opData, buffer[:got]))
		switch {
		case err == nil:
		case err == io.EOF || err == io.ErrUnexpectedEOF: //nolint:errorlint // as io says it
			s.end(false)
			return nil
		default:
			return fmt.Errorf("forward: read the client's body: %w", err)
		}
	}
}

// copyTo gives the answer to the client.
func (s *stream) copyTo(w http.ResponseWriter) error {
	var buffer []byte
	for {
		if buffer == nil {
			buffer = make([]byte, chunk)
		}
		n, err := s.read(buffer)
		if err == io.EOF { //nolint:errorlint // as read says it
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := w.Write(buffer[:n]); err != nil {
			return err
		}
	}
}
