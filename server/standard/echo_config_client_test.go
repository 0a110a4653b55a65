//go:build unix

package standard_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// An echoClient is a client of Laravel Echo with Socket.IO 2, as it stands on the wire: Engine.IO 3 over polling.
type echoClient struct {
	t      *testing.T
	url    string // with the session
	token  string
	heard  chan string // the arguments of events
	leave  chan struct{}
	client *http.Client
}

// echoConnect connects.
func echoConnect(t *testing.T, server, token string) *echoClient {
	t.Helper()
	c := &echoClient{
		t: t, url: server + "/socket.io/?EIO=3&transport=polling", token: token, heard: make(chan string, 100),
		leave: make(chan struct{}), client: &http.Client{Timeout: patience},
	}
	first, err := c.poll()
	if err != nil || len(first) == 0 {
		t.Fatalf("handshake: %q, %v", first, err)
	}
	var open struct{ SID string }
	if err := json.Unmarshal([]byte(first[0][1:]), &open); err != nil || open.SID == "" {
		t.Fatalf("handshake %q: %v", first, err)
	}
	c.url += "&sid=" + open.SID
	go c.read()
	t.Cleanup(c.close)
	return c
}

// read hands on what is heard until the session ends.
func (c *echoClient) read() {
	defer close(c.leave)
	for {
		packets, err := c.poll()
		if err != nil {
			return
		}
		for _, p := range packets {
			if event, ok := strings.CutPrefix(p, "42"); ok {
				c.heard <- event
			}
		}
	}
}

// poll returns the packets of one answer.
func (c *echoClient) poll() (packets []string, err error) {
	answer, err := c.client.Get(c.url)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	b, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s: %w", answer.Status, b, err)
	}
	for rest := []rune(string(b)); len(rest) > 0; {
		head, _, ok := strings.Cut(string(rest), ":")
		n, err := strconv.Atoi(head)
		if err != nil || !ok || len(head)+1+n > len(rest) {
			return nil, fmt.Errorf("payload %q", b)
		}
		packets = append(packets, string(rest[len(head)+1:len(head)+1+n]))
		rest = rest[len(head)+1+n:]
	}
	return packets, nil
}

// send sends a packet.
func (c *echoClient) send(packet string) {
	c.t.Helper()
	body := fmt.Sprintf("%d:%s", utf8.RuneCountInString(packet), packet)
	answer, err := c.client.Post(c.url, "text/plain;charset=UTF-8", strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		c.t.Fatalf("send %s: %s", packet, answer.Status)
	}
}

// emit sends an event with one argument.
func (c *echoClient) emit(event string, arg map[string]any) {
	c.t.Helper()
	b, err := json.Marshal([]any{event, arg})
	if err != nil {
		c.t.Fatal(err)
	}
	c.send("42" + string(b))
}

// subscribe asks for a channel as Echo does.
func (c *echoClient) subscribe(channel string) {
	c.t.Helper()
	headers := map[string]string{"Authorization": "Bearer " + c.token}
	c.emit("subscribe", map[string]any{"channel": channel, "auth": map[string]any{"headers": headers}})
}

// next returns the next event that is heard, or "" if none comes for a while.
func (c *echoClient) next(wait time.Duration) string {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case e := <-c.heard:
		return e
	case <-timer.C:
		return ""
	}
}

// must returns the next event, which must come.
func (c *echoClient) must() string {
	c.t.Helper()
	e := c.next(patience)
	if e == "" {
		c.t.Fatal("nothing is heard")
	}
	return e
}

// close ends the session.
func (c *echoClient) close() {
	select {
	case <-c.leave:
		return
	default:
	}
	answer, err := c.client.Post(c.url, "text/plain;charset=UTF-8", strings.NewReader("1:1"))
	if err == nil {
		_ = answer.Body.Close()
	}
	<-c.leave
}
