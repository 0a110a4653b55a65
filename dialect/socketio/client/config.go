package client

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"madang/dialect/socketio/packet"
)

// MaxCalls is how many calls of one connection may wait for their answers.
const MaxCalls = 1024

// A Config says where to connect, and as whom. The zero value of every field but URL is its default.
type Config struct {
	// URL is the server's address, of http, https, ws or wss; its path is the namespace, as with the JavaScript client.
	URL string
	// Path is where the server listens. Default "/socket.io/".
	Path string
	// Auth is shown to the namespace: an object when it is JSON. Nil: nothing.
	Auth any
	// Header is sent with the handshake.
	Header http.Header
	// HTTP makes the handshake: its transport's settings for TLS and proxies hold. Default http.DefaultClient. A transport
	// with limits of time or of connections for each host limits the connection, too.
	HTTP *http.Client
	// Events handles events by their names, one after another in the order in which they came; others are dropped. A handler
	// may call and close. What takes long keeps later events waiting, not calls.
	Events map[string]func(*Event)
	// ConnectTimeout is how long connecting may take, until the namespace has been joined. Default 20s.
	ConnectTimeout time.Duration
	// MaxMessage is the longest message that the server may send, in bytes. Default 1 MiB.
	MaxMessage int
	// MaxQueue is how many bytes may wait to be written, and how many of events to be handled. Default 4 MiB.
	MaxQueue int
}

// overhead is what an event in the queue counts beside its bytes.
const overhead = 128

// target is where a Config leads.
type target struct {
	address   string // of the handshake
	namespace string
	auth      []byte // JSON, or nil
}

// check fills in the defaults and returns where it leads.
func (c *Config) check() (target, error) {
	c.Path = cmp.Or(c.Path, "/socket.io/")
	c.ConnectTimeout = cmp.Or(c.ConnectTimeout, 20*time.Second)
	c.MaxMessage = cmp.Or(c.MaxMessage, 1<<20)
	c.MaxQueue = cmp.Or(c.MaxQueue, 4<<20)
	if c.HTTP == nil {
		c.HTTP = http.DefaultClient
	}
	var to target
	u, err := url.Parse(c.URL)
	if err != nil {
		return to, fmt.Errorf("socket.io client: address: %w", err)
	}
	secure := map[string]string{"http": "http", "https": "https", "ws": "http", "wss": "https"}
	switch {
	case secure[u.Scheme] == "" || u.Host == "":
		return to, fmt.Errorf("socket.io client: the address %q is not one of http, https, ws or wss", u.Redacted())
	case u.RawQuery != "" || u.Fragment != "" || strings.Contains(u.Path, ","):
		return to, fmt.Errorf("socket.io client: the address %q has more than a namespace behind the host", u.Redacted())
	case c.MaxMessage < 0 || c.MaxQueue < 0 || c.ConnectTimeout < 0:
		return to, errors.New("socket.io client: a limit is negative")
	}
	to.namespace = cmp.Or(u.Path, packet.Root)
	at := url.URL{Scheme: secure[u.Scheme], User: u.User, Host: u.Host, Path: c.Path, RawQuery: "EIO=4&transport=websocket"}
	to.address = at.String()
	if c.Auth != nil {
		if to.auth, err = json.Marshal(c.Auth); err != nil {
			return to, fmt.Errorf("socket.io client: auth has no JSON form: %w", err)
		}
		if len(to.auth) == 0 || to.auth[0] != '{' {
			return to, errors.New("socket.io client: auth is no object")
		}
	}
	return to, nil
}
