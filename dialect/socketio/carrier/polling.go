package carrier

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"madang"
	"madang/dialect/socketio/engineio"
	"madang/internal/ws"
)

// A poll is a GET request that waits for something to answer.
type poll struct {
	body        chan []byte // one; then the request is answered
	contentType string
	moving      time.Time // when it came, if the session was moving to WebSocket
	refused     bool      // it is answered with an error
}

func (p *poll) answer(body []byte, contentType string) {
	p.contentType = contentType
	p.body <- body
}

// refuse answers a poll of a session that has moved.
func (p *poll) refuse() {
	p.refused = true
	p.body <- nil
}

// noopDelay is how long a poll waits while the session is moving to WebSocket. The client stops polling when its last
// poll has been answered, so none may be left hanging; but what is there should go with it.
const noopDelay = 50 * time.Millisecond

// beginPolling starts a session whose first answer is the handshake.
func (s *Server) beginPolling(w http.ResponseWriter, r *http.Request, k *Session) {
	var upgrades []string
	if s.cfg.AllowUpgrades {
		for _, t := range s.cfg.Transports {
			if t == webSocket {
				upgrades = []string{webSocket}
			}
		}
	}
	s.reachable(r)
	s.cookie(w.Header(), k)
	s.add(k)
	if !k.open(r, upgrades) {
		s.unavailable(w, madang.ErrClosed)
		return
	}
	k.mu.Lock() // only now may something leave: the client's answer could be here at once
	p := &poll{body: make(chan []byte, 1)}
	k.poll = p
	k.mu.Unlock()
	k.line.Ready()
	k.wait(w, r, p)
}

// servePoll answers a GET: with what is there, or when something comes.
func (k *Session) servePoll(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	if k.overdue() { // the timer is about to find it out
		k.mu.Unlock()
		k.srv.refuse(w, r, engineio.UnknownSID, "")
		k.line.Drop(madang.CloseTimeout)
		return
	}
	if k.closed || k.sock != nil {
		k.mu.Unlock()
		k.srv.refuse(w, r, engineio.UnknownSID, "")
		return
	}
	if first := k.poll; first != nil { // two at once: the client has lost its way
		k.poll = nil
		k.mu.Unlock()
		first.answer(k.payload(engineio.Packet{Type: engineio.Close}), engineio.ContentText)
		k.srv.refuse(w, r, engineio.BadRequest, "")
		k.line.Drop(madang.CloseProtocol)
		return
	}
	p := &poll{body: make(chan []byte, 1)}
	k.poll = p
	if k.polled != nil {
		close(k.polled)
		k.polled = nil
	}
	moving := k.probe != nil
	if moving {
		p.moving = time.Now()
	}
	k.mu.Unlock()
	k.line.Ready()
	if moving {
		time.AfterFunc(noopDelay, func() { k.release(p) })
	}
	k.wait(w, r, p)
}

// release answers a poll that still waits with nothing.
func (k *Session) release(p *poll) {
	k.mu.Lock()
	mine := k.poll == p && p != nil
	if mine {
		k.poll = nil
	}
	k.mu.Unlock()
	if mine {
		p.answer(k.payload(engineio.Packet{Type: engineio.Noop}), engineio.ContentText)
	}
}

// wait answers a poll when there is something, and ends the session when the client gives up waiting.
func (k *Session) wait(w http.ResponseWriter, r *http.Request, p *poll) {
	select {
	case body := <-p.body:
		if p.refused {
			k.srv.refuse(w, r, engineio.BadRequest, "")
			return
		}
		k.srv.writePayload(w, r, body, p.contentType)
	case <-r.Context().Done():
		k.mu.Lock()
		mine := k.poll == p
		if mine {
			k.poll = nil
		}
		k.mu.Unlock()
		if mine {
			k.line.Drop(madang.CloseGone)
		}
	}
}

func (s *Server) writePayload(w http.ResponseWriter, r *http.Request, body []byte, contentType string) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-store")
	if s.cfg.HTTPCompression && len(body) >= compressFrom && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		var z bytes.Buffer
		zw := gzip.NewWriter(&z)
		_, _ = zw.Write(body) // into memory: cannot fail
		_ = zw.Close()
		body = z.Bytes()
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // if the client is gone its next request, or the lack of one, tells
}

// servePost takes messages.
func (k *Session) servePost(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	twice, gone := k.posting, k.closed
	k.posting = true
	k.mu.Unlock()
	switch {
	case gone:
		k.srv.refuse(w, r, engineio.UnknownSID, "")
		return
	case twice:
		k.srv.refuse(w, r, engineio.BadRequest, "")
		k.line.Drop(madang.CloseProtocol)
		return
	}
	contentType := r.Header.Get("Content-Type")
	if k.version == engineio.V4 && strings.HasPrefix(contentType, engineio.ContentBinary) {
		k.srv.refuse(w, r, engineio.BadRequest, "")
		k.line.Drop(madang.CloseProtocol)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(k.srv.cfg.MaxPayload)))
	if err != nil {
		k.posted()
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			w.Header().Set("Connection", "close")
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return // the session stays
		}
		k.line.Drop(madang.CloseGone)
		return
	}
	k.in.Lock()
	lim := engineio.Limits{MaxBytes: k.srv.cfg.MaxPayload}
	err = engineio.DecodePayload(k.version, contentType, body, lim, k.receive)
	mine := k.handler.Settle()
	k.in.Unlock()
	k.posted()
	if errors.Is(err, errClosed) {
		k.awaitPoll(r.Context())
	}
	if err != nil {
		k.fail(err)
	}
	if mine {
		// The client sends its next request when this one is answered, and a handler may wait for just that request.
		go k.handler.Work(true)
	} else {
		k.handler.Work(false) // not before there is room for more
	}
	if err != nil && !errors.Is(err, errClosed) {
		k.srv.refuse(w, r, engineio.BadRequest, "")
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html")
	h.Set("Content-Length", "2")
	_, _ = w.Write([]byte("ok"))
}

// crossTime is how long a session that its client closes waits for a poll that the client has sent before, on another
// connection, and that the close has overtaken.
const crossTime = 25 * time.Millisecond

// awaitPoll waits until there is a poll, but not long.
func (k *Session) awaitPoll(ctx context.Context) {
	k.mu.Lock()
	if k.poll != nil || k.sock != nil || k.closed || k.polled != nil {
		k.mu.Unlock()
		return
	}
	came := make(chan struct{})
	k.polled = came
	k.mu.Unlock()
	t := time.NewTimer(crossTime)
	defer t.Stop()
	select {
	case <-came:
	case <-t.C:
	case <-ctx.Done():
	}
}

// posted ends the time in which no other POST may come.
func (k *Session) posted() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.posting = false
}

// reframe makes a polling body of a batch of WebSocket frames, or of its beginning: the end of the session comes in an
// answer of its own, because clients take note of it before they act on what stands in front of it. The body is nil if
// there is nothing for polling in it. The session's lock is held.
func (k *Session) reframe(b *madang.Batch) (units int, body []byte, contentType string, err error) {
	var packets []engineio.Packet
	for ; units < b.Len(); units++ {
		before := len(packets)
		packets, err = k.unframe(packets, b.Unit(units))
		if err != nil {
			return 0, nil, "", err
		}
		if before > 0 && packets[len(packets)-1].Type == engineio.Close {
			packets = packets[:before]
			break
		}
	}
	if len(packets) > 0 {
		body, contentType = engineio.AppendPayload(nil, k.version, packets, k.b64)
	}
	return units, body, contentType, nil
}

// unframe appends the packets of one unit.
func (k *Session) unframe(packets []engineio.Packet, rest []byte) ([]engineio.Packet, error) {
	for len(rest) > 0 {
		f, more, ok := ws.Next(rest)
		if !ok {
			return nil, errors.New("engine.io: a unit is not made of whole frames")
		}
		rest = more
		data := f.Payload
		if f.Compressed {
			var err error
			if data, err = k.srv.inflater.Append(nil, data, math.MaxInt32); err != nil {
				return nil, err
			}
		}
		var p engineio.Packet
		var err error
		switch f.Op {
		case ws.Text:
			p, err = engineio.ParseText(k.version, data)
		case ws.Binary:
			p, err = engineio.ParseBinary(k.version, data)
		case ws.Close:
			p = engineio.Packet{Type: engineio.Close}
		default: // pings and pongs of WebSocket itself
			continue
		}
		if err != nil {
			return nil, err
		}
		packets = append(packets, p)
	}
	return packets, nil
}
