package edits

import "encoding/json"

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

// Summary returns what the annotations of a message come to, a JSON object by their types; nil if there are none that are
// summed. If that would be longer than limit bytes, the lists of clients are cut to their first ones, and say that they
// are clipped; their totals stay what they are.
func (m *Message) Summary(limit int) json.RawMessage {
	all := m.sum()
	if all == nil {
		return nil
	}
	var b []byte
	for _, most := range []int{1 << 20, 1000, 100, 10, 0} {
		out := make(map[string]any, len(all))
		for kind, t := range all {
			out[kind] = t.value(most)
		}
		b, _ = json.Marshal(out) // it is made of texts and numbers
		if len(b) <= limit {
			break
		}
	}
	return b
}

// value returns a tally as clients get it, with at most so many clients in each list.
func (t *tally) value(most int) any {
	switch t.method {
	case Total:
		return totalSummary{t.total}
	case Flag:
		g := t.groups[""]
		if g == nil {
			g = &group{}
		}
		return g.list(most)
	}
	out := make(map[string]any, len(t.groups))
	for name, g := range t.groups {
		if t.method == Multiple {
			out[name] = g.tellCounts(most)
		} else {
			out[name] = g.list(most)
		}
	}
	return out
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
