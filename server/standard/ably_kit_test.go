//go:build unix

package standard_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"madang/madangtest"
)

// The keys of the app that Ably's clients are tested with.
const (
	ablyRoot   = "app1.root:the-secret-of-root"
	ablyReader = "app1.reader:the-secret-of-reader"
	ablyFickle = "app1.fickle:the-secret-of-fickle"
	ablyApps   = `
apps:
  - id: app1
    keys: [{name: root, secret: the-secret-of-root}, {name: reader, secret: the-secret-of-reader}, {name: fickle, secret: the-secret-of-fickle}]
`
	ablyRights = `MADANG_AUTH_ABLY_KEYS={app1.reader: {capability: '{"news:*":["subscribe","history"]}'}, app1.fickle: {revocable: true}}`
)

// ablyToken is a token of a client that may do everything everywhere, as a backend signs it; an empty id is nobody.
func ablyToken(t *testing.T, key, clientID string) string {
	t.Helper()
	name, secret, _ := strings.Cut(key, ":")
	claims := map[string]any{
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour / 2).Unix(), "x-ably-capability": `{"*":["*"]}`,
	}
	if clientID != "" {
		claims["x-ably-clientId"] = clientID
	}
	var parts []string
	for _, v := range []any{map[string]string{"alg": "HS256", "typ": "JWT", "kid": name}, claims} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, base64.RawURLEncoding.EncodeToString(b))
	}
	text := strings.Join(parts, ".")
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(text)) // it never fails
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// An ablyFrame is what the tests read of a frame.
type ablyFrame struct {
	Action       int
	ID           string
	Channel      string
	ConnectionID string
	Serial       string `json:"channelSerial"`
	Error        struct{ Code, StatusCode int }
	Details      struct{ ConnectionKey string } `json:"connectionDetails"`
	Res          []struct{ Serials []*string }
	Messages     []ablyMessage
	Presence     []ablyMessage
	end          bool
}

type ablyMessage struct {
	Action   int
	ID       string
	Name     string
	ClientID string
	Serial   string
	Encoding string
	Data     json.RawMessage
}

// An ablyClient is a connection that speaks JSON.
type ablyClient struct {
	madangtest.Peer
	t       *testing.T
	pending []ablyFrame
	hello   ablyFrame
}

// ablyDial connects with what the query says, and expects to be let in.
func ablyDial(t *testing.T, server, query string) *ablyClient {
	t.Helper()
	return ablyOpen(t, madangtest.WebSocket{Target: func(q string) string { return "/?v=6&" + q }}, server, query)
}

// ablyOpen connects by a driver, and expects to be let in.
func ablyOpen(t *testing.T, driver madangtest.Driver, server, query string) *ablyClient {
	t.Helper()
	peer, err := driver.Open(t.Context(), func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", strings.TrimPrefix(server, "http://"))
	}, query)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = peer.Close() })
	c := &ablyClient{Peer: peer, t: t}
	c.hello = c.next(4)
	return c
}

// next returns the next frame, which must be of an action; heartbeats aside.
func (c *ablyClient) next(action int) ablyFrame {
	c.t.Helper()
	f := c.any()
	if f.Action != action {
		c.t.Fatalf("got %+v, want action %d", f, action)
	}
	return f
}

// any returns the next frame of whatever action.
func (c *ablyClient) any() ablyFrame {
	c.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		for _, line := range c.Received() {
			var f ablyFrame
			if strings.HasPrefix(line, "end") {
				f.end = true
			} else if err := json.Unmarshal([]byte(line), &f); err != nil {
				c.t.Fatalf("%s: %v", line, err)
			}
			if f.end || f.Action != 0 {
				c.pending = append(c.pending, f)
			}
		}
		if len(c.pending) == 0 {
			continue
		}
		f := c.pending[0]
		c.pending = c.pending[1:]
		if f.end {
			c.t.Fatal("the connection has ended")
		}
		return f
	}
	c.t.Fatal("nothing came")
	return ablyFrame{}
}

func (c *ablyClient) send(format string, args ...any) {
	c.t.Helper()
	if err := c.Send(fmt.Sprintf(format, args...)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *ablyClient) attach(channel string) ablyFrame {
	c.t.Helper()
	c.send(`{"action":10,"channel":%q}`, channel)
	return c.next(11)
}

// ablyAnswer is what the REST interface answers.
type ablyAnswer struct {
	status int
	body   string
}

func (a ablyAnswer) code() int {
	var e struct{ Error struct{ Code int } }
	_ = json.Unmarshal([]byte(a.body), &e) // without an error there is no code
	return e.Error.Code
}

// ablyAsk makes a request with a key, which has a colon, or a token.
func ablyAsk(t *testing.T, method, url, credentials, body string) ablyAnswer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	kind := "Bearer "
	if strings.Contains(credentials, ":") {
		kind = "Basic "
	}
	r.Header.Set("Authorization", kind+base64.StdEncoding.EncodeToString([]byte(credentials)))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Ably-Version", "6")
	a, err := do(r)
	if err != nil {
		t.Fatal(err)
	}
	return ablyAnswer{a.status, a.body}
}
