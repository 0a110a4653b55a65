package edits

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
)

// What a summary says, by the method of its type.
type (
	totalSummary struct {
		Total int64 `json:"total"`
	}
	clientList struct {
		Total     int      `json:"total"`
		ClientIDs []string `json:"clientIds"`
		Clipped   bool     `json:"clipped"`
	}
	clientCounts struct {
		Total             int64            `json:"total"`
		ClientIDs         map[string]int64 `json:"clientIds"`
		TotalUnidentified int64            `json:"totalUnidentified"`
		Clipped           bool             `json:"clipped"`
		TotalClientIDs    int              `json:"totalClientIds"`
	}
)

// A cut is how much of a summary is shown: so many clients in each list, and of types, and names within each, so many.
type cut struct{ clients, names int }

// cuts are tried in turn until a summary is short enough.
func cuts() []cut {
	const all = 1 << 20
	return []cut{{all, all}, {1000, all}, {100, all}, {10, all}, {0, all}, {0, 100}, {0, 10}, {0, 3}, {0, 1}}
}

// Summary returns what the annotations of a message come to, a JSON object by their types; nil if there are none that are
// summed. If that would be longer than limit bytes, the lists of clients are cut to their first ones, and say that they
// are clipped; their totals stay what they are. Where that is not enough because there are so many names, or types, those
// names are left out that count least.
func (m *Message) Summary(limit int) json.RawMessage {
	all := m.sum()
	if all == nil {
		return nil
	}
	kinds := slices.Sorted(maps.Keys(all))
	var b []byte
	for _, c := range cuts() {
		out := make(map[string]any, len(all))
		for _, kind := range kinds[:min(len(kinds), c.names)] {
			out[kind] = all[kind].value(c)
		}
		b, _ = json.Marshal(out) // it is made of texts and numbers
		if len(b) <= limit {
			break
		}
	}
	return b
}

// value returns a tally as clients get it.
func (t *tally) value(c cut) any {
	switch t.method {
	case Total:
		return totalSummary{t.total}
	case Flag:
		g := t.groups[""]
		if g == nil {
			g = &group{}
		}
		return g.list(c.clients)
	}
	names := slices.Collect(maps.Keys(t.groups))
	if len(names) > c.names {
		slices.SortFunc(names, func(a, b string) int {
			return cmp.Or(cmp.Compare(t.groups[b].total(), t.groups[a].total()), cmp.Compare(a, b))
		})
		names = names[:c.names]
	}
	out := make(map[string]any, len(names))
	for _, name := range names {
		if g := t.groups[name]; t.method == Multiple {
			out[name] = g.tellCounts(c.clients)
		} else {
			out[name] = g.list(c.clients)
		}
	}
	return out
}

// total is what a group counts.
func (g *group) total() int64 {
	n := g.unidentified
	for _, one := range g.counts {
		n = bounded(n + one)
	}
	return n
}

func (g *group) list(most int) clientList {
	n := min(most, len(g.clients))
	return clientList{Total: len(g.clients), ClientIDs: append([]string{}, g.clients[:n]...), Clipped: n < len(g.clients)}
}

func (g *group) tellCounts(most int) clientCounts {
	n := min(most, len(g.clients))
	out := clientCounts{
		Total: g.unidentified, ClientIDs: make(map[string]int64, n), TotalUnidentified: g.unidentified,
		Clipped: n < len(g.clients), TotalClientIDs: len(g.clients),
	}
	for i, c := range g.clients {
		out.Total = bounded(out.Total + g.counts[c])
		if i < n {
			out.ClientIDs[c] = g.counts[c]
		}
	}
	return out
}
