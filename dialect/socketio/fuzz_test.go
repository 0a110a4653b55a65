package socketio_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"madang/dialect/socketio"
	"madang/dialect/socketio/internal/siotest"
)

// FuzzSession lets a client say anything: lines are messages of text, those that begin with "#" of bytes. The server
// must go on serving others, and must end the session's sockets when the connection ends.
func FuzzSession(f *testing.F) {
	for _, seed := range []string{
		"40\n42[\"echo\",1]", "40/dyn-1\n42/dyn-1,[\"echo\"]\n41/dyn-1,", "40\n451-[\"echo\",{\"_placeholder\":true,\"num\":0}]\n#abc",
		"40{\"token\":\"alice\"}\n420[\"ask\"]\n430[1]\n431[]", "40\n42[\"join\",\"room\"]\n42[\"all\",{}]\n41",
		"40/guarded,{\"token\":\"bob:1s\"}\n42/guarded,1[\"renew\",{\"token\":\"alice\"}]", "1", "2probe", "5", "6", "#", "40\n40",
		"40{\"pid\":\"x\",\"offset\":\"1.2\"}", "40\n42[\"panic\"]", "40/q?a=b,\n42/q,[\"x\"]", "40\n461-0[{\"_placeholder\":true,\"num\":0}]\n#x",
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	n := start(f, func(c *socketio.Config) {
		c.Recovery.MaxDisconnectionDuration = time.Millisecond
		c.Namespaces = map[string]socketio.NamespaceConfig{"/guarded": {Guard: "api", Mode: socketio.PerEvent}}
	})
	for _, ns := range []*socketio.Namespace{n.io.Of("/"), n.io.OfMatch(regexp.MustCompile(`^/dyn-`)), n.io.Of("/guarded")} {
		talk(ns)
	}
	f.Fuzz(func(t *testing.T, lines string, old bool) {
		bystander, _ := n.join(t)
		target := at
		if old {
			target = "/socket.io/?EIO=3"
		}
		c := n.Session(t, target, nil)
		for line := range strings.SplitSeq(lines, "\n") {
			if b, ok := strings.CutPrefix(line, "#"); ok {
				c.SendBinary([]byte(b))
			} else if line = strings.ToValidUTF8(line, "?"); line != "" {
				c.Send(line)
			}
		}
		bystander.Send(`429["echo","alive"]`)
		bystander.Until(t, `439["alive"]`)
		c.Drop()
		bystander.Drop()
		eventually(t, "both are gone", func() bool { return n.hub.Lines() == 0 })
	})
}

// talk registers handlers of every sort.
func talk(ns *socketio.Namespace) {
	ns.On("echo", func(_ *socketio.Socket, e *socketio.Event) error { return e.AckForward(e.Forward()) })
	ns.On("join", func(s *socketio.Socket, e *socketio.Event) error { return s.Join(text(e)) })
	ns.On("all", func(s *socketio.Socket, e *socketio.Event) error { return s.To("room").Forward(e.Forward()) })
	ns.On("ask", func(s *socketio.Socket, e *socketio.Event) error {
		go func() {
			if r, err := s.EmitWithAck(s.Context(), "question"); err == nil {
				_ = e.AckForward(r.Forward()) // the client may be gone
			}
		}()
		return nil
	})
	ns.OnAny(func(_ *socketio.Socket, e *socketio.Event) error {
		var v any
		if err := e.Bind(&v); err != nil {
			return err
		}
		if e.Name == "panic" {
			panic("asked for")
		}
		return errors.New("unknown")
	})
}

// FuzzHandshake asks with any query.
func FuzzHandshake(f *testing.F) {
	for _, q := range []string{
		"EIO=4&transport=polling", "EIO=3&transport=polling&b64=1", "EIO=3&transport=polling&j=0", "EIO=4&transport=websocket",
		"EIO=4&transport=polling&sid=x", "EIO=4&EIO=3&transport=polling", "transport=polling&EIO=4;x", "%zz", "EIO=4&transport=polling&x=%00",
	} {
		f.Add(q)
	}
	n := start(f, nil)
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/socket.io/", nil)
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		n.io.ServeHTTP(w, r)
		switch {
		case w.Code == http.StatusBadRequest && strings.HasPrefix(w.Body.String(), `{"code":`):
			return
		case w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `0{"sid":"`):
			t.Fatalf("%q is answered %d %q", query, w.Code, w.Body)
		}
		_, sid, _ := strings.Cut(w.Body.String(), `"sid":"`)
		sid, _, _ = strings.Cut(sid, `"`)
		bye := siotest.Request(context.Background(), http.MethodPost, "/socket.io/?transport=polling&sid="+sid, "1:1", nil)
		if strings.HasPrefix(w.Body.String(), "0") {
			bye = siotest.Request(context.Background(), http.MethodPost, "/socket.io/?transport=polling&sid="+sid, "1", nil)
		}
		bye.RemoteAddr, bye.RequestURI = r.RemoteAddr, bye.URL.RequestURI()
		w = httptest.NewRecorder()
		n.io.ServeHTTP(w, bye)
		if w.Code != http.StatusOK || n.hub.Lines() != 0 {
			t.Fatalf("%q: leaving is answered %d %q, %d sessions stay", query, w.Code, w.Body, n.hub.Lines())
		}
	})
}
