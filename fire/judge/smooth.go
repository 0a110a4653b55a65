package judge

import "strings"

// Smooth judges a replacement of nodes, of which each leaves once: a client may be disconnected as often as that, and sees no
// error. Pusher's 4200 is no error but its word for "come again at once". A call that had not been answered when the connection
// ended is part of that disconnection.
func (v *Verdict) Smooth(e *Evidence, nodes int) {
	for _, c := range e.Clients {
		downs := 0
		for _, one := range c.Log {
			switch one.Kind {
			case Down:
				downs++
			case Errs:
				if one.Rest != "error: 4200" && !partOfDown(one.Rest) {
					v.fail("%s (%s): saw an error: %s", c.Name, c.Family, one.Rest)
				}
			case Refused:
				if !partOfDown(one.Rest) {
					v.fail("%s (%s): %s was refused: %s", c.Name, c.Family, one.ID, one.Rest)
				}
			}
		}
		if downs > nodes {
			v.fail("%s (%s): was disconnected %d times by %d nodes that left", c.Name, c.Family, downs, nodes)
		}
	}
}

// partOfDown reports whether what a client says is that its connection ended.
func partOfDown(text string) bool { return strings.Contains(text, "disconnected:") }
