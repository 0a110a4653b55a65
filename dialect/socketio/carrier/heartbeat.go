package carrier

import (
	"errors"

	"madang"
	"madang/dialect/socketio/engineio"
)

var (
	errDirection = errors.New("engine.io: heartbeat in the wrong direction")
	errClosed    = errors.New("engine.io: closed by the client")
)

// beat says that the client is there: the time until the next heartbeat, or until it must have come, begins anew.
func (k *Session) beat() {
	wait := k.srv.cfg.PingInterval
	if k.version == engineio.V3 {
		wait += k.srv.cfg.PingTimeout // here it is the client that asks
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return
	}
	k.pinged, k.spared = false, false
	k.beaten = k.srv.beats.Now()
	k.srv.beats.Set(k, wait)
}

// overdue reports whether the client's heartbeat should have been there. The session's lock is held.
func (k *Session) overdue() bool {
	cfg := &k.srv.cfg
	return !k.closed && !k.spared && k.srv.beats.Now()-k.beaten >= cfg.PingInterval+cfg.PingTimeout
}

// beatTime is called when a heartbeat is due.
func (k *Session) beatTime() {
	k.mu.Lock()
	late := k.pinged || k.version == engineio.V3
	if k.closed {
		k.mu.Unlock()
		return
	}
	if !late {
		k.pinged = true
		k.asked = k.srv.o.Hub.Stamp()
		k.srv.beats.Set(k, k.srv.cfg.PingTimeout)
	}
	spare := late && !k.spared && k.sock != nil && k.sock.sock.Fork()
	if spare {
		// A handler has been holding up the reading, so the answer may be waiting to be read: once more.
		k.spared = true
		k.srv.beats.Set(k, k.srv.cfg.PingTimeout)
	}
	k.mu.Unlock()
	switch {
	case !late:
		k.line.Send(k.packet(engineio.Packet{Type: engineio.Ping}))
	case !spare:
		go k.line.Drop(madang.CloseTimeout) // apart: it may wait, and others' heartbeats are due
	}
}
