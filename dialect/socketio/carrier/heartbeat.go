package carrier

import (
	"errors"
	"time"

	"madang"
	"madang/dialect/socketio/engineio"
)

var (
	errDirection = errors.New("engine.io: heartbeat in the wrong direction")
	errClosed    = errors.New("engine.io: closed by the client")
)

// beat says that the client is there: the time until the next heartbeat, or until it must have come, begins anew.
func (k *Session) beat() {
	cfg := &k.srv.cfg
	wait := cfg.PingInterval
	if k.version == engineio.V3 {
		wait += cfg.PingTimeout // here it is the client that asks
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return
	}
	k.pinged = false
	if k.timer == nil {
		k.timer = time.AfterFunc(wait, k.beatTime)
	} else {
		k.timer.Reset(wait)
	}
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
		k.timer.Reset(k.srv.cfg.PingTimeout)
	}
	sock := k.sock
	k.mu.Unlock()
	switch {
	case !late:
		k.line.Send(k.packet(engineio.Packet{Type: engineio.Ping}))
	case sock != nil && sock.reader.Fork():
		// A handler has been holding up the reading, so the answer may be waiting to be read: once more.
		k.mu.Lock()
		if !k.closed {
			k.timer.Reset(k.srv.cfg.PingTimeout)
		}
		k.mu.Unlock()
	default:
		k.line.Drop(madang.CloseTimeout)
	}
}
