package edits

import (
	"slices"

	"madang/dialect/ably/protocol"
)

// A tally sums the annotations of one type.
type tally struct {
	method Method
	total  int64             // of Total
	groups map[string]*group // by name; of Flag there is one, without a name
}

// A group is who has annotated a message under one name.
type group struct {
	clients      []string // in the order in which they came
	counts       map[string]int64
	unidentified int64 // the sum of the counts of those who are not known; of Multiple
}

// sum returns the tallies of all types that have a method.
func (m *Message) sum() map[string]*tally {
	var all map[string]*tally
	for _, n := range m.notes {
		kind := n.x.Note.Type
		t := all[kind]
		if t == nil {
			method := MethodOf(kind)
			if method == None {
				continue
			}
			if all == nil {
				all = map[string]*tally{}
			}
			t = &tally{method: method, groups: map[string]*group{}}
			all[kind] = t
		}
		name := ""
		if t.method.Named() {
			name = n.Name
		}
		if n.x.Note.Action == protocol.AnnotationDelete {
			t.takeBack(name, n.Sender.User)
		} else {
			t.add(name, n.Sender.User, n.x.Note.Count)
		}
	}
	return all
}

func (t *tally) add(name, client string, count int64) {
	switch {
	case t.method == Total:
		t.total++
		return
	case client == "" && t.method != Multiple:
		return
	case t.method == Unique:
		t.takeBack("", client)
	}
	g := t.groups[name]
	if g == nil {
		g = &group{counts: map[string]int64{}}
		t.groups[name] = g
	}
	if t.method != Multiple || count < 1 {
		count = 1
	}
	if client == "" {
		g.unidentified = bounded(g.unidentified + count)
		return
	}
	if _, ok := g.counts[client]; !ok {
		g.clients = append(g.clients, client)
	}
	g.counts[client] = bounded(g.counts[client] + count)
}

// bounded keeps sums where JavaScript's numbers are exact.
func bounded(n int64) int64 { return min(n, 1<<53-1) }

// takeBack takes back what a client has contributed under a name. Of Unique, whose clients have one name each, no name is
// every name.
func (t *tally) takeBack(name, client string) {
	if t.method == Total {
		t.total = max(0, t.total-1)
		return
	}
	if t.method == Unique && name == "" {
		for n := range t.groups {
			t.leave(n, client)
		}
		return
	}
	t.leave(name, client)
}

func (t *tally) leave(name, client string) {
	g := t.groups[name]
	if g == nil || client == "" {
		return
	}
	if _, ok := g.counts[client]; !ok {
		return
	}
	delete(g.counts, client)
	g.clients = slices.DeleteFunc(g.clients, func(c string) bool { return c == client })
	if len(g.clients) == 0 && g.unidentified == 0 {
		delete(t.groups, name)
	}
}
