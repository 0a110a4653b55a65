package report

import (
	"fmt"
	"strings"

	"madang/bench/internal/workload"
)

// A Figure is one row of a table.
type Figure struct {
	Key      string // in a run's values
	Baseline string // the target that ours is divided by
	Against  string // its value that ours is divided by, if that has another key
	Workload string // what was done
	Name     string // what is counted, and its unit
	Digits   int    // behind the decimal point
	Gates    []Gate
}

// A Section is the table of one protocol.
type Section struct {
	Title    string
	Protocol string
	Baseline string // the target that ours is divided by
	Beside   string // the protocol in which the baseline was measured, if it is another
	Figures  []Figure
}

// Sections returns the tables for a scale.
func Sections(s workload.Scale) []Section {
	all := []Section{
		{Title: "Socket.IO", Protocol: workload.SocketIO, Baseline: "ws", Figures: socketIO(s)},
		{Title: pusherTitle, Protocol: workload.Pusher, Baseline: "soketi", Figures: channels(s, workload.Pusher, nil)},
		{Title: "Ably protocol in JSON", Protocol: workload.Ably, Baseline: Ours, Beside: workload.Pusher, Figures: ably(s, workload.Ably)},
		{Title: "Ably protocol in MessagePack", Protocol: workload.AblyMsgpack, Baseline: Ours, Beside: workload.Pusher, Figures: ably(s, workload.AblyMsgpack)},
		{Title: "Laravel Echo on Socket.IO", Protocol: workload.Echo, Baseline: "laravel-echo-server", Figures: channels(s, workload.Echo, []Gate{ratio(0.75)})},
	}
	for _, section := range all {
		for i := range section.Figures {
			f := &section.Figures[i]
			f.Baseline = section.Baseline
			if section.Beside != "" {
				f.Against = section.Beside + strings.TrimPrefix(f.Key, section.Protocol)
			}
		}
	}
	return all
}

// Figures returns the rows of all tables.
func Figures(s workload.Scale) []Figure {
	var all []Figure
	for _, section := range Sections(s) {
		all = append(all, section.Figures...)
	}
	return all
}

// pusherTitle stands over a table, and in another one over what is taken from
// there.
const pusherTitle = "Pusher protocol"

const (
	cpu  = "server CPU s per million deliveries"
	rate = "deliveries/s"
)

// The workloads in words.
func burstOf(s workload.Scale) string {
	return fmt.Sprintf("1 → %s, %d in flight", thousands(s.Fan), s.Burst)
}

func oneOf(s workload.Scale) string { return fmt.Sprintf("1 → %s, one by one", thousands(s.Fan)) }

func roomsOf(s workload.Scale) string {
	return fmt.Sprintf("%s rooms of %d, all publishing", thousands(s.Rooms), s.Members)
}

func connectsOf(s workload.Scale) string {
	return fmt.Sprintf("%s connects, %d at a time", thousands(s.Connects), s.Parallel)
}

func idleOf(s workload.Scale) string {
	return fmt.Sprintf("%s idle connections, %d a room", thousands(s.Idle), s.Members)
}

func stalledOf(s workload.Scale) string {
	return fmt.Sprintf("%d healthy and %d stalled readers", s.Healthy, s.Stalled)
}

// socketIO is the table of Socket.IO: first what costs processor time, then
// memory, then behaviour.
func socketIO(s workload.Scale) []Figure {
	large := fmt.Sprintf("1 → %s, %d in flight", thousands(s.Large), s.LargeBurst)
	acks := fmt.Sprintf("%s connections asking", thousands(s.Acks))
	burst, one, rooms, connects := burstOf(s), oneOf(s), roomsOf(s), connectsOf(s)
	idle, stalled := idleOf(s), stalledOf(s)
	row := func(key, workload, name string, digits int, gates ...Gate) Figure {
		return Figure{Key: key, Workload: workload, Name: name, Digits: digits, Gates: gates}
	}
	all := []Figure{
		row("burst.cpu", burst, cpu, 2, ratio(0.05)),
		row("one.cpu", one, cpu, 2, ratio(0.45)),
		row("large.cpu", large, cpu, 2),
		row("rooms.cpu", rooms, cpu, 2, ratio(0.75)),
		row("ack.cpu", acks, "server CPU s per million round trips", 2),
		row("connect.cpu", connects, "server CPU ms per connect", 3, ratio(0.6)),
		row("burst.rate", burst, rate, 0),
		row("burst.perread", burst, "deliveries per read", 1),
		row("one.rate", one, rate, 0),
		row("large.rate", large, rate, 0),
		row("rooms.rate", rooms, rate, 0),
		row("ack.rate", acks, "round trips/s", 0),
		row("connect.rate", connects, "connects/s", 0),
		row("idle.memory", idle, "KiB per connection", 1, atMost(6), ratio(0.4)),
		row("idle.after", idle, fmt.Sprintf("KiB per connection after %d broadcasts", s.Broadcasts), 1),
		row("idle.base", idle, "MiB without connections", 1),
		row("stalled.told", stalled, "stalled that were told, %", 0, every()),
		row("stalled.silent", stalled, "stalled that missed messages untold", 0, atMost(0)),
		row("stalled.missed", stalled, "messages missed untold, per stalled", 0),
		row("stalled.memory", stalled, "MiB held for each stalled", 2, atMost(1.25)),
		row("stalled.without", stalled, "healthy p99 ms without stalled", 2),
		row("stalled.with", stalled, "healthy p99 ms with stalled", 2),
		row("stalled.ratio", stalled, "healthy p99, with ÷ without", 2, atMost(2)),
	}
	return append(all, atRest(s, row)...)
}

// atRest is what heartbeats cost, if somebody has waited for them.
func atRest(s workload.Scale, row func(key, workload, name string, digits int, gates ...Gate) Figure) []Figure {
	if s.Settle < workload.BeatsPeriod {
		return nil
	}
	return []Figure{row("idle.beats", idleOf(s), "server CPU µs per connection and second at rest", 2)}
}

// channels is the table of a protocol whose clients whisper in private channels.
func channels(s workload.Scale, protocol string, smallRooms []Gate) []Figure {
	burst, one, rooms, connects := burstOf(s), oneOf(s), roomsOf(s), connectsOf(s)
	idle, stalled := idleOf(s), stalledOf(s)
	row := func(key, workload, name string, digits int, gates ...Gate) Figure {
		return Figure{Key: protocol + "-" + key, Workload: workload, Name: name, Digits: digits, Gates: gates}
	}
	all := []Figure{
		row("burst.cpu", burst, cpu, 2, ratio(0.05)),
		row("one.cpu", one, cpu, 2),
		row("rooms.cpu", rooms, cpu, 2, smallRooms...),
		row("connect.cpu", connects, "server CPU ms per connect", 3),
	}
	if protocol == workload.Echo {
		const aside = "its Redis's CPU s per million deliveries, not counted above"
		all = append(all, row("burst.aside", burst, aside, 2), row("rooms.aside", rooms, aside, 2))
	}
	all = append(all, atRest(s, row)...)
	return append(all,
		row("burst.rate", burst, rate, 0),
		row("burst.perread", burst, "deliveries per read", 1),
		row("one.rate", one, rate, 0),
		row("rooms.rate", rooms, rate, 0),
		row("connect.rate", connects, "connects/s", 0),
		row("idle.memory", idle, "KiB per connection", 1, atMost(6)),
		row("idle.after", idle, fmt.Sprintf("KiB per connection after %d broadcasts", s.Broadcasts), 1),
		row("idle.base", idle, "MiB without connections", 1),
		row("stalled.told", stalled, "stalled that were told, %", 0, every()),
		row("stalled.silent", stalled, "stalled that missed messages untold", 0, atMost(0)),
		row("stalled.missed", stalled, "messages missed untold, per stalled", 0),
		row("stalled.memory", stalled, "MiB held for each stalled", 2),
		row("stalled.without", stalled, "healthy p99 ms without stalled", 2),
		row("stalled.with", stalled, "healthy p99 ms with stalled", 2),
	)
}

// ably is the table of Ably's protocol in one of its forms. There is no other
// server to stand beside; the demand is that it costs hardly more than the
// Pusher protocol does, which says the same with fewer bytes.
func ably(s workload.Scale, protocol string) []Figure {
	burst, one, rooms, connects := burstOf(s), oneOf(s), roomsOf(s), connectsOf(s)
	idle, stalled := idleOf(s), stalledOf(s)
	row := func(key, workload, name string, digits int, gates ...Gate) Figure {
		return Figure{Key: protocol + "-" + key, Workload: workload, Name: name, Digits: digits, Gates: gates}
	}
	all := []Figure{
		row("burst.cpu", burst, cpu, 2, ratio(1.25)),
		row("burst.bytes", burst, "bytes per delivery", 0),
		row("one.cpu", one, cpu, 2, ratio(1.25)),
		row("rooms.cpu", rooms, cpu, 2, ratio(1.25)),
		row("burst.rate", burst, rate, 0),
		row("burst.perread", burst, "deliveries per read", 1),
		row("one.rate", one, rate, 0),
		row("rooms.rate", rooms, rate, 0),
		row("idle.memory", idle, "KiB per connection", 1, atMost(6)),
		row("idle.after", idle, fmt.Sprintf("KiB per connection after %d broadcasts", s.Broadcasts), 1),
		row("idle.base", idle, "MiB without connections", 1),
	}
	all = append(all, atRest(s, row)...)
	if protocol == workload.AblyMsgpack {
		return all // the others do not depend on the form
	}
	return append(all,
		row("connect.cpu", connects, "server CPU ms per connect", 3),
		row("connect.rate", connects, "connects/s", 0),
		row("stalled.told", stalled, "stalled that were told, %", 0, every()),
		row("stalled.silent", stalled, "stalled that missed messages untold", 0, atMost(0)),
		row("stalled.missed", stalled, "messages missed untold, per stalled", 0),
		row("stalled.memory", stalled, "MiB held for each stalled", 2),
		row("stalled.without", stalled, "healthy p99 ms without stalled", 2),
		row("stalled.with", stalled, "healthy p99 ms with stalled", 2),
	)
}

// thousands writes a count with commas.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
