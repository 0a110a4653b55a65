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
	"net/url"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/dialect/ably"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/rest"
	ablytoken "madang/dialect/ably/token"
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
			// ably, ably clientId=…; the same in MessagePack
			"ably":    madangtest.WebSocket{Target: ablyTarget("")},
			"msgpack": packing{madangtest.WebSocket{Target: ablyTarget("&format=msgpack")}},
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
			// rest CHANNEL BODY: a backend publishes as Ably's libraries do
			"rest": func(args string) error {
				channel, body, _ := strings.Cut(args, " ")
				return postAbly(handler, channel, []byte(body))
			},
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
	keys, err := ablytoken.FromApps(apps, nil)
	if err != nil {
		t.Fatal(err)
	}
	authority := ablytoken.New(ablytoken.Config{Keys: keys})
	hub := madang.New(madang.Config{
		Guards:   map[string]madang.Guard{pusher.GuardName: pusher.NewGuard(apps), ably.GuardName: ably.NewGuard(authority)},
		Policies: []madang.Policy{ably.NewPolicy(), pusher.NewPolicy(apps), echo.Policy(apps), madang.PolicyFunc(backend)},
		Retention: func(c madang.Channel) madang.Retention {
			if r := pusher.Defaults().Retain(c); r != (madang.Retention{}) {
				return r
			}
			return ably.Defaults().Retain(c)
		},
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
	live, err := ably.New(hub, ably.Defaults(), ably.Options{Apps: apps, Authority: authority})
	if err != nil {
		t.Fatal(err)
	}
	if err := live.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = live.Close() })
	requests, err := rest.New(hub, rest.Defaults(), rest.Options{Apps: apps, Authority: authority, Connection: live.Connection, Changes: live.Changes(), Repeats: live.Repeats()})
	if err != nil {
		t.Fatal(err)
	}
	all := requests.Routes()
	delete(all, "/") // it says what there is not
	mux := http.NewServeMux()
	mux.Handle(io.Path(), io)
	for _, routes := range []map[string]http.Handler{ps.Routes(), api.Routes(), live.Routes(), all} {
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

// postAbly publishes a message at the REST interface.
func postAbly(h http.Handler, channel string, body []byte) error {
	r := httptest.NewRequest(http.MethodPost, "/channels/"+channel+"/messages", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.SetBasicAuth("app1."+talkKey, talkSecret)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusCreated {
		return fmt.Errorf("%d %s", w.Code, w.Body)
	}
	return nil
}

// ablyTarget makes the requests of Ably's clients, with the app's key and what else the transcript says.
func ablyTarget(more string) func(string) string {
	return func(params string) string {
		return "/?v=6&key=" + url.QueryEscape("app1."+talkKey+":"+talkSecret) + "&" + params + more
	}
}

// packing is a driver of Ably's clients that speak MessagePack. Transcripts have it as JSON, in which bytes are base64
// without an encoding that says so.
type packing struct{ madangtest.WebSocket }

func (d packing) Open(ctx context.Context, dial madangtest.Dial, params string) (madangtest.Peer, error) {
	p, err := d.WebSocket.Open(ctx, dial, params)
	return packingPeer{p}, err
}

type packingPeer struct{ madangtest.Peer }

// Send sends a frame that is given as JSON, its base64 as bytes.
func (p packingPeer) Send(line string) error {
	f, err := protocol.Decode([]byte(line), false)
	if err != nil {
		return err
	}
	return p.Peer.Send("binary " + hex.EncodeToString(protocol.Append(nil, f, true)))
}

func (p packingPeer) Received() (lines []string) {
	for _, l := range p.Peer.Received() {
		if digits, ok := strings.CutPrefix(l, "binary "); ok {
			b, err := hex.DecodeString(digits)
			if err == nil {
				b, err = protocol.ToJSON(b)
			}
			if l = string(b); err != nil {
				l = err.Error()
			}
		}
		lines = append(lines, l)
	}
	return lines
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
