//go:build unix

package standard_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/dialect/pusher"
	"madang/dialect/socketio"
	"madang/dialect/socketio/echo"
	"madang/inlet/events"
	"madang/internal/convention"
	"madang/madangtest"
)

var rewrite = flag.Bool("rewrite", false, "write what the clients receive into the transcripts of testdata/talk")

// The app of the transcripts.
const (
	talkKey    = "key"
	talkSecret = "a secret of the transcripts"
	talkEcho   = "an echo key"
)

// TestTalks plays the conversations of testdata/talk, in which clients of all dialects meet in one channel: the table of
// docs/vocabulary.md, row by row.
func TestTalks(t *testing.T) {
	var hub *madang.Hub
	var handler http.Handler
	madangtest.Play(t, madangtest.Talks{
		Glob: "../../testdata/talk/*.txt", Rewrite: *rewrite,
		Server: func(t *testing.T) http.Handler {
			hub, handler = talkServer(t)
			return handler
		},
		Drivers: map[string]madangtest.Driver{
			// socketio EIO=4
			"socketio": madangtest.WebSocket{
				Target: func(params string) string { return "/socket.io/?transport=websocket&" + params },
				Answer: func(m string) (string, bool) { return "3", m == "2" },
			},
			// pusher
			"pusher": signing{madangtest.WebSocket{
				Target: func(string) string { return "/app/" + talkKey + "?protocol=7&client=js&version=8.4.0" },
			}},
		},
		Actions: map[string]func(string) error{
			// publish CHANNEL TYPE NAME DATA: server code publishes; the data of type binary is in hexadecimal
			"publish": func(args string) error {
				f := strings.SplitN(args, " ", 4)
				m := &madang.Message{Channel: madang.Channel{App: "app1", Name: f[0]}, Name: f[2], Data: []byte(f[3])}
				switch f[1] {
				case "json":
				case "text":
					m.Type = madang.Text
				case "args":
					m.Type = madang.Args
				case "binary":
					b, err := hex.DecodeString(f[3])
					if err != nil {
						return err
					}
					m.Type, m.Data = madang.Binary, b
				default:
					return fmt.Errorf("type %q", f[1])
				}
				_, err := hub.Publish(context.Background(), m)
				return err
			},
			// post BODY: a backend publishes as Pusher's libraries do
			"post": func(body string) error { return postEvent(handler, []byte(body), false) },
			// echo BODY: somebody publishes as to laravel-echo-server
			"echo": func(body string) error { return postEvent(handler, []byte(body), true) },
		},
	})
}

// talkServer is a server with all dialects, whose backend knows everybody by the name in the bearer token.
func talkServer(t *testing.T) (*madang.Hub, http.Handler) {
	t.Helper()
	apps := madang.NewApps(madang.App{
		ID: "app1", Keys: []madang.Key{{Name: talkKey, Secret: talkSecret}}, Rules: madang.Rules{ClientEvents: true},
	})
	hub := madang.New(madang.Config{
		Guards:    map[string]madang.Guard{pusher.GuardName: pusher.NewGuard(apps)},
		Policies:  []madang.Policy{pusher.NewPolicy(apps), echo.Policy(apps), madang.PolicyFunc(backend)},
		Retention: pusher.Defaults().Retain,
	})
	if err := hub.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hub.Close() })
	sc := socketio.Defaults()
	sc.App = "app1"
	io, err := socketio.New(hub, sc, socketio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := echo.Bind(io.Of("/"), echo.Options{Apps: apps}); err != nil {
		t.Fatal(err)
	}
	ps, err := pusher.New(hub, pusher.Defaults(), pusher.Options{Apps: apps})
	if err != nil {
		t.Fatal(err)
	}
	api, err := events.New(hub, events.Defaults(), events.Options{Apps: apps, EchoKeys: map[string]string{"app1": talkEcho}})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(io.Path(), io)
	for _, routes := range []map[string]http.Handler{ps.Routes(), api.Routes()} {
		for pattern, h := range routes {
			mux.Handle(pattern, h)
		}
	}
	return hub, mux
}

// backend is the app's own: whoever shows a token is the user of that name, and may be everywhere but in "secret".
func backend(_ context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	if r.Action != madang.ActSubscribe || r.Proof == nil || len(r.Proof.Header["Authorization"]) == 0 || strings.HasSuffix(r.Channel.Name, "secret") {
		return nil, nil
	}
	user := strings.TrimPrefix(r.Proof.Header["Authorization"][0], "Bearer ")
	m := &madang.Member{User: user, Data: []byte(`{"name":"` + user + `"}`)}
	if strings.Trim(user, "0123456789") == "" {
		m.RawUser = []byte(user)
	}
	return &madang.Grant{Member: m}, nil
}

// postEvent sends an event to the HTTP interface, signed or with the echo key.
func postEvent(h http.Handler, body []byte, byEcho bool) error {
	const path = "/apps/app1/events"
	r := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if byEcho {
		r.Header.Set("Authorization", "Bearer "+talkEcho)
	} else {
		q := convention.SignQuery(talkKey, talkSecret, http.MethodPost, path, body, time.Now())
		r.URL.RawQuery = q.Encode()
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK || !json.Valid(w.Body.Bytes()) {
		return fmt.Errorf("%d %s", w.Code, w.Body)
	}
	return nil
}

// signing is a driver of Pusher's clients whose line
//
//	sign CHANNEL DATA
//
// is a subscription with the signature that a backend would give for it. DATA, the member, may be left out.
type signing struct{ madangtest.WebSocket }

func (d signing) Open(ctx context.Context, dial madangtest.Dial, params string) (madangtest.Peer, error) {
	p, err := d.WebSocket.Open(ctx, dial, params)
	return &signingPeer{Peer: p}, err
}

type signingPeer struct {
	madangtest.Peer
	id string
}

// Received looks for the socket id on the way.
func (p *signingPeer) Received() []string {
	lines := p.Peer.Received()
	for _, l := range lines {
		if _, rest, ok := strings.Cut(l, `"socket_id\":\"`); ok && p.id == "" {
			p.id, _, _ = strings.Cut(rest, `\"`)
		}
	}
	return lines
}

func (p *signingPeer) Send(line string) error {
	args, ok := strings.CutPrefix(line, "sign ")
	if !ok {
		return p.Peer.Send(line)
	}
	channel, member, _ := strings.Cut(args, " ")
	data := map[string]string{
		"channel": channel, "auth": talkKey + ":" + convention.Sign(talkSecret, convention.ChannelText(p.id, channel, []byte(member))),
	}
	if member != "" {
		data["channel_data"] = member
	}
	b, err := json.Marshal(map[string]any{"event": "pusher:subscribe", "data": data})
	if err != nil {
		return err
	}
	return p.Peer.Send(string(b))
}
