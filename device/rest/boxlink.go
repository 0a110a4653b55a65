package rest

import (
	"encoding/json"
	"net/netip"
	"sync"

	"madang"
)

// boxDialect is how what a hub hears looks in an answer to its request: an object of name and data.
type boxDialect struct{}

// Encode implements madang.Dialect.
func (boxDialect) Encode(dst []byte, e *madang.Event) ([]byte, error) {
	if e.Kind != madang.MessageEvent || e.Message == nil || e.Message.Type != madang.JSON {
		return dst, nil
	}
	b, err := json.Marshal(Happening{e.Message.Name, e.Message.Data})
	if err != nil {
		return dst, err
	}
	return append(dst, b...), nil
}

// Happening is something that a hub hears: what its display is to show.
type Happening struct {
	Name string          `json:"name" doc:"code, pairing.shown, pairing.cleared, pairing.alarm; others may be ignored"`
	Data json.RawMessage `json:"data"`
}

// maxHappenings is how many are kept for a hub until its next request; the oldest go first.
const maxHappenings = 32

// A boxLink is the far end of a hub that makes requests, and the owner of its connection: what it is sent waits here for the
// next request.
type boxLink struct {
	from netip.Addr
	line *madang.Line
	conn *madang.Conn
	wake chan struct{} // has one when there is something new

	mu   sync.Mutex
	some []Happening
}

// gone reports whether the connection has ended: another one of the hub has taken over, or its right has ended.
func (l *boxLink) gone() bool {
	select {
	case <-l.conn.Done():
		return true
	default:
		return false
	}
}

// end ends the connection.
func (l *boxLink) end() { l.line.Close(madang.CloseNormal) }

// Flush implements madang.Link.
func (l *boxLink) Flush(b *madang.Batch) (int, error) {
	l.mu.Lock()
	for i := range b.Len() {
		var h Happening
		if json.Unmarshal(b.Unit(i), &h) == nil && h.Name != "command" { // commands are looked up when the hub asks
			l.some = append(l.some, h)
		}
	}
	l.some = l.some[max(0, len(l.some)-maxHappenings):]
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
	return b.Len(), nil
}

// Farewell implements madang.Link.
func (l *boxLink) Farewell(madang.CloseReason) []byte { return nil }

// Close implements madang.Link. Who waits is told by the connection.
func (l *boxLink) Close(madang.CloseReason) {}

// Disconnect implements madang.Owner.
func (l *boxLink) Disconnect(r madang.CloseReason) { l.line.Close(r) }

// Closed implements madang.Owner.
func (l *boxLink) Closed(madang.CloseReason) {}

// Describe implements madang.Described.
func (l *boxLink) Describe() madang.Description {
	return madang.Description{Dialect: "rest", Remote: l.from.String()}
}

// take returns what has happened since it was last asked.
func (l *boxLink) take() []Happening {
	l.mu.Lock()
	defer l.mu.Unlock()
	some := l.some
	l.some = nil
	return some
}
