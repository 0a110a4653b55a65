package judge

import "math"

// lateness is how long after a message was acknowledged a client may be told that it was lost, in ms.
const lateness = 30_000

// heard judges a room in which nothing is stored for good.
func (v *Verdict) heard(r *room, count *Count) {
	acked := r.acked()
	got := map[string]bool{} // by anybody
	for _, c := range r.clients {
		at := v.firsts(c, r, count)
		for id := range at {
			got[id] = true
		}
		for _, m := range acked {
			if _, ok := at[m.id]; !ok {
				v.missed(c, r, m, count)
			}
		}
	}
	for _, m := range acked {
		if !got[m.id] {
			count.Gone++
		}
	}
	v.agree(r, count)
}

// firsts returns where in a client's log messages were first heard, and checks the order of each sender's.
func (v *Verdict) firsts(c *Client, r *room, count *Count) map[string]int {
	at := map[string]int{}
	last := map[string]*message{} // of each sender
	for i, e := range c.Log {
		if e.Kind != Hears {
			continue
		}
		m := r.messages[e.ID]
		if m == nil {
			v.fail("%s: heard %q in %s, which nobody has sent there", c.Name, e.ID, r.name)
			continue
		}
		if _, again := at[e.ID]; again {
			count.Duplicates++
			if r.family == Pusher {
				v.fail("%s: heard %s twice", c.Name, e.ID)
			}
			continue
		}
		at[e.ID] = i
		if m.acked == 0 {
			continue // its sender did not wait for it
		}
		if before := last[m.sender]; before != nil && before.n > m.n {
			count.Disorder++
			v.fail("%s: heard %s after %s", c.Name, m.id, before.id)
			continue
		}
		last[m.sender] = m
	}
	return at
}

// missed judges that a client has not heard an acknowledged message. It was told if something said so since the message was
// sent, behind the last message that it heard of those before. What was told earlier is about what was before.
func (v *Verdict) missed(c *Client, r *room, m *message, count *Count) {
	from, to, first := 0, len(c.Log), int64(math.MaxInt64)
	for i, e := range c.Log {
		if e.Kind == Told {
			first = min(first, e.At)
		}
		other := r.messages[e.ID]
		if e.Kind != Hears || other == nil || other == m {
			continue
		}
		if other.acked != 0 && other.acked < m.sent {
			from = i
		}
	}
	if first >= m.sent {
		return // was not there yet
	}
	for i, e := range c.Log[from:] {
		if other := r.messages[e.ID]; e.Kind == Hears && other != nil && other.sent > m.acked {
			to = from + i
			break
		}
	}
	for i, e := range c.Log[from:] {
		if e.Kind != Told || e.At < m.sent || e.At > m.acked+lateness {
			continue
		}
		count.Missed++
		if from+i > to {
			count.ToldLate++
		}
		return
	}
	count.Lost++
	v.fail("%s (%s): has not heard %s, which was acknowledged, and was not told", c.Name, c.Family, m.id)
}

// agree checks that nobody has heard two messages in another order than the one who has heard most.
func (v *Verdict) agree(r *room, count *Count) {
	var order map[string]int
	var by *Client
	for _, c := range r.clients {
		if o := orderOf(c); len(o) > len(order) {
			order, by = o, c
		}
	}
	for _, c := range r.clients {
		last, lastID := -1, ""
		seen := map[string]bool{}
		for _, e := range c.Log {
			at, known := order[e.ID]
			if e.Kind != Hears || !known || seen[e.ID] {
				continue
			}
			seen[e.ID] = true
			if at < last {
				count.Disorder++
				v.fail("%s: heard %s after %s, %s heard them the other way round", c.Name, e.ID, lastID, by.Name)
				continue
			}
			last, lastID = at, e.ID
		}
	}
}

// orderOf returns what a client has heard as how manieth.
func orderOf(c *Client) map[string]int {
	order := map[string]int{}
	for _, e := range c.Log {
		if _, again := order[e.ID]; e.Kind == Hears && !again {
			order[e.ID] = len(order)
		}
	}
	return order
}
