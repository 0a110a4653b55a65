package standard

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"madang"
	"madang/broker/redis"
	"madang/dialect/socketio"
	"madang/inlet/emitter"
	"madang/server"
	"madang/server/metrics"
)

// openEmitter opens this node's place among Socket.IO servers that meet in Redis.
func openEmitter(_ context.Context, s *server.Site, c emitter.Config) (*emitter.Inlet, error) {
	if !c.Enabled {
		return nil, server.ErrOff
	}
	io, err := server.Find[*socketio.Server](s)
	if err != nil {
		return nil, err
	}
	at, cluster := redis.Defaults(), ""
	if b, err := server.Find[*redis.Broker](s); err == nil { // else this node is alone
		at = b.Config()
		cluster = at.Prefix
	}
	if c.URL != "" {
		at.URL, at.Username, at.Password = c.URL, "", ""
	}
	if !at.On() {
		return nil, errors.New("emitter is enabled, but neither emitter.url nor redis.url says where Redis is")
	}
	dial, err := redis.Dialer(at)
	if err != nil {
		return nil, err
	}
	rooms := &roomsOf{io: io, credentials: c.Credentials}
	if _, err := server.Find[*devices](s); err == nil {
		rooms.closed = []string{homeNamespace} // what is heard there is the word of a hub, or a command that somebody has given
	}
	i, err := emitter.New(c, emitter.Options{
		Dial: dial, Rooms: rooms, Node: s.Hub.Node(), Cluster: cluster, Now: s.Hub.Now, Log: s.Log,
	})
	if err == nil && c.Send {
		io.SetMirror(i)
	}
	return i, err
}

// roomsOf is the Socket.IO server as others at Redis see it.
type roomsOf struct {
	io          *socketio.Server
	credentials bool
	closed      []string
}

// Names implements emitter.Rooms.
func (r *roomsOf) Names() []string {
	return slices.DeleteFunc(r.io.Namespaces(), func(n string) bool { return slices.Contains(r.closed, n) })
}

// Namespace implements emitter.Rooms.
func (r *roomsOf) Namespace(name string) emitter.Namespace {
	ns := r.io.Find(name)
	if ns == nil || slices.Contains(r.closed, name) {
		return nil
	}
	return namespaceOf{ns, r.credentials}
}

// namespaceOf is one of its namespaces.
type namespaceOf struct {
	*socketio.Namespace
	credentials bool
}

func (n namespaceOf) local(to emitter.Target) socketio.Local {
	return n.To(to.Rooms...).Except(to.Except...).Local()
}

func (n namespaceOf) Emit(to emitter.Target, m *madang.Message) error { return n.local(to).Forward(m) }

func (n namespaceOf) Ask(ctx context.Context, to emitter.Target, m *madang.Message, counted func(int), answered func(*madang.Message)) error {
	return n.local(to).Ask(ctx, m, counted, func(r socketio.Reply) { answered(r.Forward()) })
}

func (n namespaceOf) Join(ctx context.Context, to emitter.Target, rooms []string) error {
	return n.local(to).Join(ctx, rooms...)
}

func (n namespaceOf) Leave(to emitter.Target, rooms []string) { n.local(to).Leave(rooms...) }

func (n namespaceOf) Disconnect(to emitter.Target, all bool) { n.local(to).Disconnect(all) }

// Sockets tells of sockets. Their data is who the user is, if a guard has said it: what else is kept with a socket is this
// server's own.
func (n namespaceOf) Sockets(to emitter.Target) []emitter.Socket {
	some := n.local(to).Sockets()
	all := make([]emitter.Socket, 0, len(some))
	for _, s := range some {
		data := map[string]string{}
		if u := s.User().User; u != "" {
			data["user"] = u
		}
		about, err := json.Marshal(data)
		if err != nil {
			continue // texts always have a JSON form
		}
		all = append(all, emitter.Socket{ID: s.ID(), Handshake: handshakeOf(s.Handshake(), n.credentials), Rooms: s.Rooms(), Data: about})
	}
	return all
}

// plainHeaders say nothing of what a client signed in with.
func plainHeaders() []string {
	return []string{"Host", "Origin", "User-Agent", "Accept", "Accept-Encoding", "Accept-Language", "X-Forwarded-For", "X-Real-Ip"}
}

// handshakeOf is a handshake as Socket.IO servers tell each other of one.
func handshakeOf(h *socketio.Handshake, credentials bool) json.RawMessage {
	const jsTime = "Mon Jan 02 2006 15:04:05 GMT+0000 (Coordinated Universal Time)"
	headers, query, auth := map[string]string{}, map[string]any{}, json.RawMessage("{}")
	for k, v := range h.Headers() {
		if credentials || slices.Contains(plainHeaders(), k) {
			headers[strings.ToLower(k)] = strings.Join(v, ", ")
		}
	}
	path, _, _ := strings.Cut(h.URL, "?")
	at := h.URL
	if credentials {
		query = queryOf(h.Query())
		if a := bytes.TrimSpace(h.Auth); len(a) > 0 && json.Valid(a) {
			auth = json.RawMessage(a)
		}
	} else {
		at = path
		for k, v := range queryOf(h.Query()) {
			if k == "EIO" || k == "transport" {
				query[k] = v
			}
		}
	}
	b, err := json.Marshal(map[string]any{
		"headers": headers, "time": h.Time.UTC().Format(jsTime), "address": h.Address, "xdomain": h.XDomain, "secure": h.Secure,
		"issued": h.Time.UnixMilli(), "url": at, "query": query, "auth": auth,
	})
	if err != nil {
		return json.RawMessage("{}") // cannot be: all of it has a JSON form
	}
	return b
}

// queryOf is a query as JavaScript has it: a text, or several.
func queryOf(q url.Values) map[string]any {
	all := map[string]any{}
	for k, v := range q {
		if len(v) == 1 {
			all[k] = v[0]
		} else {
			all[k] = v
		}
	}
	return all
}

// emitterSamples are what the place among Socket.IO servers has counted.
func emitterSamples(s emitter.Stats, report func(metrics.Sample)) {
	up, down := 0.0, s.Down
	if s.Connected {
		up = 1
	} else {
		down += time.Since(s.Since)
	}
	report(gauge("emitter_redis_connected", "Whether the Redis of other Socket.IO servers and emitters is heard.", up))
	report(counter("emitter_redis_outages_total", "How often the connection to it was lost.", s.Outages))
	report(metrics.Sample{Name: "emitter_redis_down_seconds_total", Help: "How long it was not heard.", Counter: true, Value: down.Seconds()})
	report(counter("emitter_stream_gaps_total", "How often its stream did not reach back to where this node was.", s.Gaps))
	report(counter("emitter_messages_received_total", "Messages from other Socket.IO servers and emitters.", s.Received))
	const help = "Messages from other Socket.IO servers and emitters, by what became of them."
	for what, n := range map[string]uint64{
		"emitted": s.Emitted, "ordered": s.Ordered, "answered": s.Answered, "passed": s.Passed, "malformed": s.Malformed,
		"oversized": s.Oversized, "refused": s.Refused, "failed": s.Failed,
	} {
		report(counter("emitter_messages_total", help, n, "outcome", what))
	}
	const sent = "Messages to other Socket.IO servers, by what became of them."
	report(counter("emitter_sent_total", sent, s.Told, "outcome", "sent"))
	report(counter("emitter_sent_total", sent, s.Untold, "outcome", "dropped"))
}
