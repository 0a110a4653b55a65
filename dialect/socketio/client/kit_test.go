package client_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"madang/dialect/socketio/client"
	"madang/internal/memnet"
	"madang/internal/ws"
)

// A script is a server that says what a test wants, by WebSocket in memory.
type script struct {
	*memnet.Listener
	http *http.Client
}

// A peer is a connection to a script.
type peer struct {
	net.Conn
	parser ws.Parser
}

// serve runs play with each connection, in a synctest bubble.
func serve(t *testing.T, play func(*peer)) *script {
	t.Helper()
	s := &script{Listener: memnet.Listen(0)}
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return s.Dial(ctx) }}
	s.http = &http.Client{Transport: transport}
	var plays sync.WaitGroup
	srv := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		plays.Add(1)
		defer plays.Done()
		up, err := ws.Upgrade(w, r, ws.UpgradeOptions{})
		if err != nil {
			t.Errorf("upgrade: %v", err)
			return
		}
		defer up.Conn.Close()
		p := &peer{Conn: up.Conn}
		if p.feed(up.Buffered) == nil {
			play(p)
		}
	})}
	go srv.Serve(s)
	t.Cleanup(func() {
		srv.Close()
		transport.CloseIdleConnections()
		plays.Wait()
	})
	return s
}

// config connects to the script's namespace /home.
func (s *script) config() client.Config {
	return client.Config{URL: "http://server.test/home", HTTP: s.http}
}

// dial connects or fails the test.
func (s *script) dial(t *testing.T, c client.Config) *client.Conn {
	t.Helper()
	conn, err := client.Dial(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func (p *peer) say(packets ...string) {
	var out []byte
	for _, text := range packets {
		out = ws.AppendFrame(out, ws.Text, []byte(text))
	}
	p.Write(out)
}

// welcome opens the session, with a ping each second that may take as long, and lets the client join.
func (p *peer) welcome() {
	p.say(`0{"sid":"s","upgrades":[],"pingInterval":1000,"pingTimeout":1000,"maxPayload":1000000}`)
	p.hear(1)
	p.say(`40/home,{"sid":"mine"}`)
}

func (p *peer) feed(b []byte) error { return p.parser.Feed(b, func(ws.Message) error { return nil }) }

// hear returns the next messages of text, or fewer if the connection ends. A close frame is "closed".
func (p *peer) hear(n int) (texts []string) {
	b := make([]byte, 1<<10)
	for len(texts) < n {
		k, err := p.Read(b)
		if err != nil {
			return texts
		}
		p.parser.Feed(b[:k], func(m ws.Message) error {
			text := string(m.Data)
			if m.Op == ws.Close {
				text = "closed"
			}
			texts = append(texts, text)
			return nil
		})
	}
	return texts
}
