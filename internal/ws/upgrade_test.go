package ws_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang/internal/memnet"
	"madang/internal/ws"
)

// A request that every server must accept (RFC 6455 §1.3).
const good = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"

// exchange sends a request to a server in memory whose handler upgrades, and returns the answer's head and what Upgrade
// returned. It runs in a synctest bubble.
func exchange(t *testing.T, o ws.UpgradeOptions, request string) (status string, head textproto.MIMEHeader, up *ws.Upgraded, client net.Conn, upErr error) {
	t.Helper()
	ln := memnet.Listen(0)
	done := make(chan struct{})
	srv := &http.Server{ReadTimeout: time.Minute, WriteTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			up, upErr = ws.Upgrade(w, r, o)
			close(done)
		})}
	go srv.Serve(ln)
	t.Cleanup(func() { srv.Close() })
	conn, err := ln.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	br := bufio.NewReader(conn)
	tp := textproto.NewReader(br)
	if status, err = tp.ReadLine(); err != nil {
		t.Fatal(err)
	}
	if head, err = tp.ReadMIMEHeader(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-done:
	case <-time.After(time.Second): // net/http answered without asking the handler
	}
	if up != nil {
		t.Cleanup(func() { up.Conn.Close() })
	}
	return status, head, up, conn, upErr
}

func TestUpgrade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := ws.UpgradeOptions{Header: http.Header{"Set-Cookie": {"a=b", "c=d\r\nX-Evil: 1"}, "Connection": {"close"}}}
		status, head, up, client, err := exchange(t, o, good+"\r\n\x81\x80abcd")
		if err != nil || status != "HTTP/1.1 101 Switching Protocols" {
			t.Fatalf("%s, %v", status, err)
		}
		want := map[string]string{
			"Upgrade":                  "[websocket]",
			"Connection":               "[Upgrade]",
			"Sec-Websocket-Accept":     "[s3pPLMBiTxaQ9kYGzzhZRbK+xOo=]",
			"Sec-Websocket-Extensions": "[]",
			"Sec-Websocket-Protocol":   "[]",
			"Set-Cookie":               "[a=b c=d  X-Evil: 1]",
			"X-Evil":                   "[]",
		}
		for name, value := range want {
			if got := fmt.Sprint(head[name]); got != value {
				t.Errorf("%s: %s, want %s", name, got, value)
			}
		}
		if string(up.Buffered) != "\x81\x80abcd" || up.Deflate || up.Protocol != "" {
			t.Errorf("%+v", up)
		}
		// The connection works, for longer than net/http would have let it.
		go func() {
			time.Sleep(time.Hour)
			io.WriteString(client, "in")
		}()
		b := make([]byte, 2)
		if _, err := io.ReadFull(up.Conn, b); err != nil || string(b) != "in" {
			t.Errorf("read %q, %v", b, err)
		}
		if _, err := io.WriteString(up.Conn, "out"); err != nil {
			t.Error(err)
		}
	})
}

func TestUpgradeRefuses(t *testing.T) {
	swap := func(from, to string) string { return strings.Replace(good, from, to, 1) }
	key := "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	for name, c := range map[string]struct {
		request string
		status  string
		header  string // that must be there
	}{
		"POST":                {swap("GET", "POST"), "405", "Allow"},
		"HTTP/1.0":            {swap("HTTP/1.1", "HTTP/1.0"), "505", ""},
		"no Host":             {swap("Host: server.example.com\r\n", ""), "400", ""},
		"no Upgrade":          {swap("Upgrade: websocket\r\n", ""), "426", "Upgrade"},
		"another Upgrade":     {swap("Upgrade: websocket", "Upgrade: h2c"), "426", "Upgrade"},
		"no Connection":       {swap("Connection: Upgrade\r\n", ""), "400", ""},
		"another Connection":  {swap("Connection: Upgrade", "Connection: keep-alive, upgraded"), "400", ""},
		"no key":              {swap(key, ""), "400", ""},
		"two keys":            {swap(key, key+key), "400", ""},
		"short key":           {swap("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j"), "400", ""},
		"key is not base64":   {swap("dGhlIHNhbXBsZSBub25jZQ==", "!GhlIHNhbXBsZSBub25jZQ=="), "400", ""},
		"no version":          {swap("Sec-WebSocket-Version: 13\r\n", ""), "426", "Sec-Websocket-Version"},
		"version 8":           {swap("Version: 13", "Version: 8"), "426", "Sec-Websocket-Version"},
		"two versions":        {swap("Version: 13", "Version: 13, 8"), "426", "Sec-Websocket-Version"},
		"a body":              {good + "Content-Length: 1\r\n\r\nx", "400", ""},
		"malformed extension": {good + "Sec-WebSocket-Extensions: =,;\r\n", "400", ""},
		"malformed protocol":  {good + "Sec-WebSocket-Protocol: chat, \"super chat\"\r\n", "400", ""},
		"extension unclosed":  {good + "Sec-WebSocket-Extensions: a; b=\"c\r\n", "400", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				status, head, up, _, err := exchange(t, ws.UpgradeOptions{Deflate: true}, c.request+"\r\n")
				if up != nil || !strings.Contains(status, " "+c.status+" ") {
					t.Fatalf("%s, %v; want %s", status, up, c.status)
				}
				var refused *ws.HandshakeError
				if name != "no Host" && !errors.As(err, &refused) { // net/http itself refuses that one
					t.Errorf("error %v is not a HandshakeError", err)
				}
				if c.header != "" && len(head[c.header]) == 0 {
					t.Errorf("no header %s", c.header)
				}
				if c.header == "Sec-Websocket-Version" && head.Get(c.header) != "13" {
					t.Errorf("version %q is offered", head.Get(c.header))
				}
			})
		})
	}
}

func TestUpgradeTakesOtherSpellings(t *testing.T) {
	for _, request := range []string{
		strings.ToLower(good[:5]) + good[5:],
		strings.Replace(good, "Upgrade: websocket", "Upgrade: h2c, WebSocket", 1),
		strings.Replace(good, "Connection: Upgrade", "Connection: keep-alive\r\nConnection: upGRADE ,", 1),
		good + "Sec-WebSocket-Extensions: \r\n",
		good + "Origin: https://example.com\r\n",
	} {
		synctest.Test(t, func(t *testing.T) {
			request = strings.Replace(request, "get /", "GET /", 1)
			if status, _, up, _, err := exchange(t, ws.UpgradeOptions{}, request+"\r\n"); up == nil {
				t.Errorf("%q: %s, %v", request, status, err)
			}
		})
	}
}

func TestUpgradeChoosesAProtocol(t *testing.T) {
	for _, c := range []struct{ offered, chosen, status string }{
		{"chat, superchat", "superchat", "101"},
		{"chat\r\nSec-WebSocket-Protocol: superchat", "superchat", "101"},
		{"chat", "", "101"},
		{"chat", "other", "500"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var asked []string
			o := ws.UpgradeOptions{Protocol: func(offered []string) string { asked = offered; return c.chosen }}
			status, head, up, _, _ := exchange(t, o, good+"Sec-WebSocket-Protocol: "+c.offered+"\r\n\r\n")
			if !strings.Contains(status, c.status) || asked[0] != "chat" {
				t.Fatalf("%v: %s, asked for %v", c, status, asked)
			}
			if c.status == "101" && (head.Get("Sec-Websocket-Protocol") != c.chosen || up.Protocol != c.chosen) {
				t.Errorf("%v: %v, %+v", c, head, up)
			}
		})
	}
}

func TestUpgradeNegotiatesDeflate(t *testing.T) {
	const answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	for offer, want := range map[string]string{
		"permessage-deflate":                                                                            answer,
		"permessage-deflate; client_max_window_bits":                                                    answer, // browsers
		"permessage-deflate; client_max_window_bits=8":                                                  answer,
		"permessage-deflate; client_max_window_bits=\"9\"":                                              answer,
		"permessage-deflate; server_no_context_takeover; client_no_context_takeover":                    answer,
		"permessage-deflate; server_max_window_bits=15":                                                 answer + "; server_max_window_bits=15",
		"permessage-deflate; server_max_window_bits=10":                                                 "",
		"permessage-deflate; server_max_window_bits=10, permessage-deflate":                             answer, // the fallback
		"permessage-deflate; server_max_window_bits=10\r\nSec-WebSocket-Extensions: permessage-deflate": answer,
		"permessage-deflate; server_max_window_bits":                                                    "",
		"permessage-deflate; server_max_window_bits=16":                                                 "",
		"permessage-deflate; client_max_window_bits=7":                                                  "",
		"permessage-deflate; client_max_window_bits=08":                                                 "",
		"permessage-deflate; client_max_window_bits=16":                                                 "",
		"permessage-deflate; server_no_context_takeover=1":                                              "",
		"permessage-deflate; client_no_context_takeover; client_no_context_takeover":                    "",
		"permessage-deflate; unknown":                                                                   "",
		"x-webkit-deflate-frame":                                                                        "",
		"x-webkit-deflate-frame, permessage-deflate":                                                    answer,
	} {
		for _, enabled := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				want := want
				if !enabled {
					want = ""
				}
				status, head, up, _, err := exchange(t, ws.UpgradeOptions{Deflate: enabled}, good+"Sec-WebSocket-Extensions: "+offer+"\r\n\r\n")
				if err != nil {
					t.Fatalf("%s: %s, %v", offer, status, err)
				}
				if got := head.Get("Sec-Websocket-Extensions"); got != want || up.Deflate != (want != "") {
					t.Errorf("%s: %q, %v; want %q", offer, got, up.Deflate, want)
				}
			})
		}
	}
}

func TestUpgradeGivesUpOnAClientThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, peer := memnet.Pipe(10)
		defer peer.Close()
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(good + "\r\n")))
		if err != nil {
			t.Fatal(err)
		}
		up, err := ws.Upgrade(&hijacker{ResponseWriter: nil, conn: here}, r.WithContext(context.Background()), ws.UpgradeOptions{})
		var timeout net.Error
		if up != nil || !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Fatalf("%v, %v; want a timeout", up, err)
		}
		if b, err := io.ReadAll(peer); len(b) != 10 || err != nil {
			t.Fatalf("the peer read %q, %v; want what there was room for, then the end", b, err)
		}
	})
}

// A hijacker gives away conn.
type hijacker struct {
	http.ResponseWriter
	conn net.Conn
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.conn, bufio.NewReadWriter(bufio.NewReader(h.conn), bufio.NewWriter(h.conn)), nil
}

func TestIsUpgrade(t *testing.T) {
	for request, want := range map[string]bool{
		good: true,
		strings.Replace(good, "Version: 13", "Version: 8", 1):          true,
		strings.Replace(good, "Upgrade: websocket\r\n", "", 1):         false,
		strings.Replace(good, "Connection: Upgrade", "Connection:", 1): false,
	} {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(request + "\r\n")))
		if err != nil {
			t.Fatal(err)
		}
		if got := ws.IsUpgrade(r); got != want {
			t.Errorf("%q: %v", request, got)
		}
	}
}

// Whatever headers come, the answer is one well-formed answer: 101 with nothing but what was offered, or a refusal.
func FuzzUpgrade(f *testing.F) {
	f.Add("websocket", "Upgrade", "dGhlIHNhbXBsZSBub25jZQ==", "13", "permessage-deflate; client_max_window_bits", "chat, superchat")
	f.Add("WebSocket", "keep-alive, upgrade", "AAAAAAAAAAAAAAAAAAAAAA==", "13", "a; b=\"c\\\"d\", permessage-deflate;server_max_window_bits=15", "")
	f.Add("h2c", "close", "?", "8", ",,;=", "a b")
	f.Add("websocket", "upgrade", "0000000000000000000000==", "13", "", "\f")
	f.Fuzz(func(t *testing.T, upgrade, connection, key, version, extensions, protocols string) {
		r := &http.Request{Method: http.MethodGet, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Host: "x", Header: http.Header{
			"Upgrade": {upgrade}, "Connection": {connection}, "Sec-Websocket-Key": {key}, "Sec-Websocket-Version": {version},
			"Sec-Websocket-Extensions": {extensions}, "Sec-Websocket-Protocol": {protocols},
		}}
		for _, values := range r.Header {
			if strings.ContainsAny(values[0], "\r\n\x00") {
				return // net/http lets none of these through
			}
		}
		here, peer := memnet.Pipe(1 << 20)
		w := &recorder{hijacker: hijacker{conn: here}, header: http.Header{}}
		up, err := ws.Upgrade(w, r, ws.UpgradeOptions{Deflate: true, Protocol: func(offered []string) string { return offered[0] }})
		if (up == nil) == (err == nil) || (w.status == 0) != (err == nil) {
			t.Fatalf("%v, %v, status %d", up, err, w.status)
		}
		if err != nil {
			return
		}
		here.Close()
		res, err := http.ReadResponse(bufio.NewReader(peer), nil)
		if err != nil || res.StatusCode != 101 || len(res.Header) > 5 {
			t.Fatalf("%v, %v", res, err)
		}
		if p := res.Header.Get("Sec-Websocket-Protocol"); p != up.Protocol || !strings.Contains(protocols, p) {
			t.Fatalf("protocol %q of %q", p, protocols)
		}
		if up.Deflate && !strings.Contains(extensions, "permessage-deflate") {
			t.Fatalf("deflate out of %q", extensions)
		}
		if rest, _ := io.ReadAll(peer); len(rest) > 0 {
			t.Fatalf("%q after the answer", rest)
		}
	})
}

// A recorder is a hijacker that remembers a refusal.
type recorder struct {
	hijacker
	header http.Header
	status int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return len(b), nil }
