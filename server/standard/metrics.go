package standard

import (
	"context"
	"sync/atomic"
	"time"

	"madang"
	"madang/broker/redis"
	"madang/device/relay"
	"madang/inlet/emitter"
	"madang/inlet/laravel"
	"madang/server"
	"madang/server/metrics"
	"madang/webhook/hook"
)

// closeReasons are those for which connections end, as metrics name them.
func closeReasons() []madang.CloseReason {
	return []madang.CloseReason{
		madang.CloseNormal, madang.CloseGone, madang.CloseSlow, madang.CloseTimeout, madang.CloseProtocol, madang.CloseExpired,
		madang.CloseDenied, madang.CloseDrain, madang.CloseError,
	}
}

// counts is the part that counts what happens in the hub and shows it with what other parts count.
type counts struct {
	*metrics.Page
	hub       *madang.Hub
	opened    atomic.Uint64
	connected atomic.Uint64
	received  atomic.Uint64
	slow      atomic.Uint64
	closed    [16]atomic.Uint64 // by reason
}

func openMetrics(_ context.Context, s *server.Site, c metrics.Config) (*counts, error) {
	if c.Listen == "" {
		return nil, server.ErrOff
	}
	k := &counts{hub: s.Hub}
	sources := []metrics.Source{k.hubSamples}
	if b, err := server.Find[*redis.Broker](s); err == nil { // else this node is alone
		sources = append(sources, func(report func(metrics.Sample)) { redisSamples(b.Stats(), report) })
	}
	if c, err := server.Find[*commons](s); err == nil && c.fallback != nil {
		sources = append(sources, func(report func(metrics.Sample)) {
			report(counter("limits_alone_total", "Limits that hold over all nodes, and were asked for of this node alone because Redis did not answer.",
				c.fallback.Alone()))
		})
	}
	if in, err := server.Find[*laravel.Inlet](s); err == nil { // else it is off, as are the others
		sources = append(sources, func(report func(metrics.Sample)) {
			s := in.Stats()
			laravelSamples(s, report)
			laravelPresence(s, report)
		})
	}
	if in, err := server.Find[*emitter.Inlet](s); err == nil {
		sources = append(sources, func(report func(metrics.Sample)) { emitterSamples(in.Stats(), report) })
	}
	if w, err := server.Find[*webhooks](s); err == nil {
		sources = append(sources, func(report func(metrics.Sample)) { webhookSamples(w, report) })
	}
	if h, err := server.Find[*hook.Hooks](s); err == nil {
		sources = append(sources, func(report func(metrics.Sample)) { hookSamples(h, report) })
	}
	if f, err := server.Find[*relay.Feature](s); err == nil {
		sources = append(sources, func(report func(metrics.Sample)) { deviceSamples(f.Stats(), report) })
	}
	k.Page = metrics.New(c, s.Log, sources...)
	return k, nil
}

// Observer implements server.Observer.
func (k *counts) Observer() *madang.Observer {
	return &madang.Observer{
		Opened:    func(*madang.Line) { k.opened.Add(1) },
		Connected: func(*madang.Conn) { k.connected.Add(1) },
		Closed: func(_ *madang.Conn, r madang.CloseReason) {
			if int(r) < len(k.closed) {
				k.closed[r].Add(1)
			}
		},
		Received: func(*madang.Event) { k.received.Add(1) },
		Slow:     func(*madang.Line, uint64) { k.slow.Add(1) },
	}
}

func counter(name, help string, v uint64, labels ...string) metrics.Sample {
	return metrics.Sample{Name: name, Help: help, Counter: true, Value: float64(v), Labels: labels}
}

func gauge(name, help string, v float64, labels ...string) metrics.Sample {
	return metrics.Sample{Name: name, Help: help, Value: v, Labels: labels}
}

func (k *counts) hubSamples(report func(metrics.Sample)) {
	var ended uint64
	for _, r := range closeReasons() {
		n := k.closed[r].Load()
		ended += n
		report(counter("connections_closed_total", "Connections that ended, by reason.", n, "reason", r.String()))
	}
	connected := k.connected.Load()
	report(counter("connections_opened_total", "Connections that were authenticated.", connected))
	report(gauge("connections", "Connections there are.", float64(connected-min(ended, connected))))
	report(gauge("links", "Sockets and polling sessions there are.", float64(k.hub.Lines())))
	report(gauge("links_limit", "How many of them this node takes.", float64(k.hub.Limits().MaxLines)))
	report(counter("links_opened_total", "Sockets and polling sessions that came.", k.opened.Load()))
	report(counter("links_slow_total", "Links that were closed because they did not keep up.", k.slow.Load()))
	report(counter("events_received_total", "Events of channels with subscribers here.", k.received.Load()))
	report(counter("flushes_total", "Writes to links: several messages that wait together leave with one.", k.hub.Flushes()))
	report(gauge("buffered_bytes", "What the logs of channels hold for links that have not taken it.", float64(k.hub.Buffered())))
	b := k.hub.Budget()
	report(gauge("held_bytes", "What clients make this node hold: what they have not taken, and what they have not sent whole.", float64(b.Held)))
	report(gauge("held_bytes_limit", "How much of that there may be; 0: no limit.", float64(b.Limit)))
	full := 0.0
	if b.Full {
		full = 1
	}
	report(gauge("full", "Whether newcomers are refused because there is too much of it.", full))
	report(counter("links_refused_full_total", "Sockets and polling sessions that were refused for that reason.", b.Refused))
	report(counter("closed_full_total", "Links and requests that were ended because they held most.", b.Closed))
}

func deviceSamples(s relay.Stats, report func(metrics.Sample)) {
	report(gauge("device_hubs", "Hubs that are connected to this node.", float64(s.Hubs)))
	report(gauge("device_displays", "Displays of hubs that are connected to this node, apart from those at the root namespace.", float64(s.Displays)))
	report(counter("device_codes_total", "Codes for pairing that were shown.", s.Codes))
	const help = "Commands that ended, by how."
	for how, n := range map[string]uint64{"done": s.Done, "refused": s.Refused, "expired": s.Expired} {
		report(counter("device_commands_total", help, n, "outcome", how))
	}
}

func laravelSamples(s laravel.Stats, report func(metrics.Sample)) {
	up := 0.0
	down := s.Down
	if s.Connected {
		up = 1
	} else {
		down += time.Since(s.Since)
	}
	report(gauge("laravel_redis_connected", "Whether Laravel's Redis is heard.", up))
	report(counter("laravel_redis_outages_total", "How often the connection to it was lost.", s.Outages))
	report(metrics.Sample{
		Name: "laravel_redis_down_seconds_total", Help: "How long it was not heard.", Counter: true, Value: down.Seconds(),
	})
	report(counter("laravel_messages_received_total", "Messages from Redis under one of the prefixes.", s.Received))
	const help = "Messages from Redis, by what became of them."
	for what, n := range map[string]uint64{
		"delivered": s.Delivered, "malformed": s.Malformed, "oversized": s.Oversized, "refused": s.Refused, "failed": s.Failed,
	} {
		report(counter("laravel_messages_total", help, n, "outcome", what))
	}
}

func laravelPresence(s laravel.Stats, report func(metrics.Sample)) {
	const help = "Changes of presence channels for Redis, by what became of them."
	report(counter("laravel_presence_changes_total", help, s.Told, "outcome", "published"))
	report(counter("laravel_presence_changes_total", help, s.Untold, "outcome", "dropped"))
}

func webhookSamples(w *webhooks, report func(metrics.Sample)) {
	for _, s := range w.Stats() {
		at := []string{"app", s.App, "url", s.URL}
		report(gauge("webhook_events_waiting", "Events that wait for an endpoint.", float64(s.Waiting), at...))
		report(counter("webhook_events_sent_total", "Events that an endpoint has taken.", s.Sent, at...))
		report(counter("webhook_events_dropped_total", "Events that were given up.", s.Dropped, at...))
		report(counter("webhook_requests_failed_total", "Requests that an endpoint did not take.", s.Failed, at...))
	}
}

func hookSamples(h *hook.Hooks, report func(metrics.Sample)) {
	told, failed, dropped := h.Counts()
	const help = "Hooks, by what became of them."
	report(counter("hooks_total", help, told, "outcome", "told"))
	report(counter("hooks_total", help, failed, "outcome", "failed"))
	report(counter("hooks_total", help, dropped, "outcome", "dropped"))
}
