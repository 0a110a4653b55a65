package fake

import (
	"encoding/json"
	"fmt"
	"strings"
)

// socketIO reads a packet of Socket.IO 5 and is the benchmark's application.
func (p *peer) socketIO(text string) {
	if strings.HasPrefix(text, "40") {
		if p.server.faults.Refuse || strings.Count(text, ".") != 2 {
			p.answer(`44{"message":"unauthorized"}`)
			return
		}
		p.answer(`40{"sid":"x"}`)
		return
	}
	at := strings.IndexByte(text, '[')
	if at < 0 {
		return // a pong
	}
	var call []json.RawMessage
	if err := json.Unmarshal([]byte(text[at:]), &call); err != nil || len(call) < 2 {
		p.answer(fmt.Sprintf(`44{"message":%q}`, text))
		return
	}
	s := p.server
	s.mu.Lock()
	defer s.mu.Unlock()
	switch room := string(call[1]); string(call[0]) {
	case `"sub"`:
		s.rooms[room] = append(s.rooms[room], p)
		p.send("43" + text[2:at] + "[1]")
	case `"pub"`:
		for _, member := range s.rooms[room] {
			member.send(`42["msg",` + string(call[2]) + "]")
		}
	case `"echo"`:
		p.send("43" + text[2:at] + "[" + room + "]")
	}
}
