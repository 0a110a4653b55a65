package judge

import (
	"cmp"
	"strconv"
)

// stored judges a room of the chat.
func (v *Verdict) stored(r *room, texts []string, count *Count) {
	at := map[string]int{} // the numbers of texts
	for i, text := range texts {
		if first, twice := at[text]; twice {
			count.Duplicates++
			v.fail("%s: %s is stored twice, as %d and %d, though its nonce is the same", r.name, text, first, i+1)
			continue
		}
		at[text] = i + 1
	}
	for _, m := range r.acked() {
		switch n := at[m.id]; {
		case n == 0:
			count.Lost++
			v.fail("%s: %s was acknowledged as %d and is not stored", r.name, m.id, m.seq)
		case n != m.seq:
			v.fail("%s: %s was acknowledged as %d and is stored as %d", r.name, m.id, m.seq, n)
		}
	}
	for _, c := range r.clients {
		v.has(c, r, texts, count)
	}
}

// has checks that a client has all that is stored, in order.
func (v *Verdict) has(c *Client, r *room, texts []string, count *Count) {
	known := make([]bool, len(texts)+1) // by number
	heard := make([]bool, len(texts)+1)
	last, first := 0, 0 // the highest and the first number that this connection has heard
	for _, e := range c.Log {
		if e.Kind == Up && e.Rest == "" {
			last, first = 0, 0 // a new connection, which the history connects to the one before
		}
		if e.Kind != Hears && e.Kind != Finds {
			continue
		}
		n, err := strconv.Atoi(e.Rest)
		if err != nil || n < 1 || n > len(texts) || texts[n-1] != e.ID {
			v.fail("%s: got %s as number %s of %s, which is not what is stored", c.Name, e.ID, e.Rest, r.name)
			continue
		}
		switch {
		case e.Kind == Finds:
			if !known[n] && first < n && n < last {
				count.LiveGaps++
			}
		case heard[n]:
			count.Duplicates++
		case n < last && !known[n]:
			count.Disorder++
			v.fail("%s: heard %d of %s after %d", c.Name, n, r.name, last)
		}
		if e.Kind == Hears {
			heard[n], last = true, max(last, n)
			first = cmp.Or(first, n)
		}
		known[n] = true
	}
	for n := 1; n <= len(texts); n++ {
		if !known[n] {
			count.Lost++
			v.fail("%s: has not got %s, number %d of %s", c.Name, texts[n-1], n, r.name)
		}
	}
}
