package report

import (
	"fmt"

	"madang/bench/internal/workload"
)

// A Figure is one row of the table.
type Figure struct {
	Key      string // in a run's values
	Workload string // what was done
	Name     string // what is counted, and its unit
	Digits   int    // behind the decimal point
	Gates    []Gate
}

// Figures returns the rows of the table for a scale: first what costs processor
// time, then memory, then behaviour.
func Figures(s workload.Scale) []Figure {
	const cpu, rate = "server CPU s per million deliveries", "deliveries/s"
	burst := fmt.Sprintf("1 → %s, %d in flight", thousands(s.Fan), s.Burst)
	one := fmt.Sprintf("1 → %s, one by one", thousands(s.Fan))
	large := fmt.Sprintf("1 → %s, %d in flight", thousands(s.Large), s.LargeBurst)
	rooms := fmt.Sprintf("%s rooms of %d, all publishing", thousands(s.Rooms), s.Members)
	acks := fmt.Sprintf("%s connections asking", thousands(s.Acks))
	connects := fmt.Sprintf("%s connects, %d at a time", thousands(s.Connects), s.Parallel)
	idle := fmt.Sprintf("%s idle connections, %d a room", thousands(s.Idle), s.Members)
	stalled := fmt.Sprintf("%d healthy and %d stalled readers", s.Healthy, s.Stalled)
	return []Figure{
		{"burst.cpu", burst, cpu, 2, []Gate{ratio(0.05)}},
		{"one.cpu", one, cpu, 2, []Gate{ratio(0.45)}},
		{"large.cpu", large, cpu, 2, nil},
		{"rooms.cpu", rooms, cpu, 2, []Gate{ratio(0.75)}},
		{"ack.cpu", acks, "server CPU s per million round trips", 2, nil},
		{"connect.cpu", connects, "server CPU ms per connect", 3, []Gate{ratio(0.6)}},
		{"burst.rate", burst, rate, 0, nil},
		{"burst.perread", burst, "deliveries per read", 1, nil},
		{"one.rate", one, rate, 0, nil},
		{"large.rate", large, rate, 0, nil},
		{"rooms.rate", rooms, rate, 0, nil},
		{"ack.rate", acks, "round trips/s", 0, nil},
		{"connect.rate", connects, "connects/s", 0, nil},
		{"idle.memory", idle, "KiB per connection", 1, []Gate{atMost(6), ratio(0.4)}},
		{"idle.after", idle, fmt.Sprintf("KiB per connection after %d broadcasts", s.Broadcasts), 1, nil},
		{"idle.base", idle, "MiB without connections", 1, nil},
		{"stalled.told", stalled, "stalled that were told, %", 0, []Gate{atLeast(100)}},
		{"stalled.silent", stalled, "stalled that missed messages untold", 0, []Gate{atMost(0)}},
		{"stalled.missed", stalled, "messages missed untold, per stalled", 0, nil},
		{"stalled.memory", stalled, "MiB held for each stalled", 2, []Gate{atMost(1.25)}},
		{"stalled.without", stalled, "healthy p99 ms without stalled", 2, nil},
		{"stalled.with", stalled, "healthy p99 ms with stalled", 2, nil},
		{"stalled.ratio", stalled, "healthy p99, with ÷ without", 2, []Gate{atMost(2)}},
	}
}

// thousands writes a count with commas.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
