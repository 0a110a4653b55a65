package fake

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// echo reads a packet of laravel-echo-server's dialect.
func (p *peer) echo(text string) {
	if text == "2" {
		p.answer("3")
		return
	}
	var name string
	var d struct {
		Channel, Event string
		Data           json.RawMessage
		Auth           struct{ Headers map[string]string }
	}
	call := []any{&name, &d}
	if err := json.Unmarshal([]byte(strings.TrimPrefix(text, "42")), &call); err != nil {
		p.answer("41")
		return
	}
	switch name {
	case "subscribe":
		p.enter(d.Channel, d.Auth.Headers)
	case "client event":
		p.server.mu.Lock()
		defer p.server.mu.Unlock()
		p.whisper(d.Channel, fmt.Sprintf(`42[%q,%q,%s]`, d.Event, d.Channel, d.Data))
	}
}

// enter joins a channel if the application says so, and does not tell.
func (p *peer) enter(channel string, headers map[string]string) {
	body := url.Values{"channel_name": {channel}}.Encode()
	status := 0
	req, err := http.NewRequest(http.MethodPost, p.server.faults.Auth+"/broadcasting/auth", strings.NewReader(body))
	if err == nil {
		req.Close = true
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for key, value := range headers {
			req.Header.Set(key, value)
		}
		var res *http.Response
		if res, err = http.DefaultClient.Do(req); err == nil {
			status = res.StatusCode
			res.Body.Close()
		}
	}
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	if status != http.StatusOK || p.server.faults.Refuse {
		p.send(fmt.Sprintf(`42["subscription_error",%q,%d]`, channel, status))
		return
	}
	p.server.rooms[channel] = append(p.server.rooms[channel], p)
}

// Members returns how many connections are in a channel. An application that
// lets somebody in knows it before the server does.
func (s *Server) Members(channel string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.rooms[channel])
}

// channels answers laravel-echo-server's question who is in which channel.
func (s *Server) channels(w io.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]map[string]int{}
	for name, members := range s.rooms {
		all[name] = map[string]int{"subscription_count": len(members)}
	}
	b, _ := json.Marshal(map[string]any{"channels": all}) // maps of texts and numbers always encode
	fmt.Fprintf(w, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(b), b)
}
