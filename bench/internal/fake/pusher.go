package fake

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

const (
	socketID = "12.34"
	// Secret is the Pusher application's.
	Secret = "secret"
)

// pusher reads an event of the Pusher protocol.
func (p *peer) pusher(text string) {
	var e struct {
		Event   string
		Channel string
		Data    json.RawMessage
	}
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		p.answer(fmt.Sprintf(`{"event":"pusher:error","data":{"message":%q}}`, text))
		return
	}
	switch {
	case e.Event == "pusher:subscribe":
		p.subscribe(e.Data)
	case e.Event == "pusher:ping":
		p.answer(`{"event":"pusher:pong","data":{}}`)
	case strings.HasPrefix(e.Event, "client-"):
		p.server.mu.Lock()
		defer p.server.mu.Unlock()
		p.whisper(e.Channel, fmt.Sprintf(`{"event":%q,"channel":%q,"data":%s}`, e.Event, e.Channel, e.Data))
	}
}

func (p *peer) subscribe(data json.RawMessage) {
	var d struct{ Auth, Channel string }
	mac := hmac.New(sha256.New, []byte(Secret))
	if err := json.Unmarshal(data, &d); err == nil {
		mac.Write([]byte(socketID + ":" + d.Channel))
	}
	if p.server.faults.Refuse || d.Auth != "bench-key:"+hex.EncodeToString(mac.Sum(nil)) {
		p.answer(fmt.Sprintf(`{"event":"pusher:subscription_error","channel":%q,"data":{"type":"AuthError","status":401}}`, d.Channel))
		return
	}
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	p.server.rooms[d.Channel] = append(p.server.rooms[d.Channel], p)
	p.send(fmt.Sprintf(`{"event":"pusher_internal:subscription_succeeded","channel":%q,"data":"{}"}`, d.Channel))
}
