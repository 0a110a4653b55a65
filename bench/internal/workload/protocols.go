//go:build linux

package workload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"madang/bench/internal/callback"
	"madang/bench/internal/load"
	"madang/bench/internal/wire"
)

// The protocols of the workloads.
const (
	SocketIO    = "socketio"    // Engine.IO 4 and Socket.IO 5
	Pusher      = "pusher"      // Pusher protocol 7
	Ably        = "ably"        // Ably's, in JSON
	AblyMsgpack = "ablymsgpack" // the same in MessagePack
	Echo        = "echo"        // laravel-echo-server's
	NATS        = "nats"        // NATS's own, for clusters
)

// Protocols returns all of them, in the order of the report.
func Protocols() []string { return []string{SocketIO, Pusher, Ably, AblyMsgpack, Echo} }

// together returns the protocols whose workloads take turns, because they are
// measured against each other.
func together() [][]string {
	return [][]string{{SocketIO}, {Pusher, Ably, AblyMsgpack}, {Echo}}
}

// has reports whether a workload of Socket.IO is one of a protocol, too. No
// other has acknowledgements with data, and bursts say enough of large rooms.
// The form of Ably's messages makes no difference to who waits for them.
func has(protocol, name string) bool {
	switch name {
	case "large", "ack":
		return protocol == SocketIO
	case "connect", "stalled":
		return protocol != AblyMsgpack
	}
	return true
}

// title of a protocol, for people.
func title(protocol string) string {
	switch protocol {
	case Pusher:
		return "Pusher"
	case Echo:
		return "Echo"
	case NATS:
		return "NATS"
	case Ably:
		return "Ably in JSON"
	case AblyMsgpack:
		return "Ably in MessagePack"
	}
	return "Socket.IO"
}

func protocolOf(name, secret string) wire.Protocol {
	switch name {
	case Pusher:
		return wire.Pusher{Secret: secret}
	case Echo:
		return wire.Echo{}
	case NATS:
		return wire.NATS{}
	case Ably, AblyMsgpack:
		return wire.Ably{Secret: secret, Binary: name == AblyMsgpack}
	}
	return wire.SocketIO{}
}

// token returns what connection i shows to get in.
func (s *session) token(i int, now time.Time) string {
	user := callback.TokenPrefix + strconv.Itoa(i)
	if s.protocol == SocketIO {
		return wire.Token(s.Secret, user, now)
	}
	return user
}

// joinedPause is how long a server is left alone between two questions.
const joinedPause = 20 * time.Millisecond

// spreadPause is how long the servers of a NATS cluster have to tell each other
// of their subscriptions.
const spreadPause = time.Second

// joined waits until everybody is in the room they asked for. In Echo the
// server joins a client some moment after the application has let
// it in, and tells nobody but who asks its HTTP interface; in a NATS cluster
// the other servers hear of it some moment later, and tell nobody at all.
func (s *session) joined(ctx context.Context) error {
	switch s.protocol {
	case NATS:
		return s.RunFor(ctx, spreadPause)
	case Echo:
		return s.entered(ctx)
	}
	return nil
}

// entered asks until all that entered a room are in it.
func (s *session) entered(ctx context.Context) error {
	target := fmt.Sprintf("http://127.0.0.1:%d/apps/%s/channels?auth_key=%s", s.Server.Port, wire.App, wire.AppKey)
	for end := s.Now() + s.scale.Arrive; ; {
		in, err := subscriptions(ctx, target)
		if err != nil {
			return err
		}
		if in == s.inRooms {
			return nil
		}
		if s.Now() > end {
			return fmt.Errorf("%d of %d connections have entered their rooms: %w", in, s.inRooms, load.ErrTimeout)
		}
		if err := errors.Join(s.RunFor(ctx, joinedPause), s.Lost()); err != nil {
			return err
		}
	}
}

// subscriptions asks a server how many there are in all its channels.
func subscriptions(ctx context.Context, target string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return 0, fmt.Errorf("ask for the channels: %w", err)
	}
	req.Close = true // servers come and go
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("ask for the channels: %w", err)
	}
	defer res.Body.Close()
	var answer struct {
		Channels map[string]struct {
			Count int `json:"subscription_count"`
		} `json:"channels"`
	}
	if res.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("ask for the channels: %s", res.Status)
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return 0, fmt.Errorf("ask for the channels: %w", err)
	}
	n := 0
	for _, c := range answer.Channels {
		n += c.Count
	}
	return n, nil
}
