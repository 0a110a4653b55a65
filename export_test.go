package madang

// HeldByHand counts anew what [Hub.Budget] says is held, of lines and logs. Nothing may be under way.
func (h *Hub) HeldByHand() int64 {
	n := int64(0)
	common := map[any]bool{} // units in several logs
	for _, k := range h.allLines() {
		k.mu.Lock()
		n += k.input + int64(k.kept)
		for _, u := range k.own {
			if u.shared == nil || !common[u.shared] {
				n += int64(len(u.b))
			}
			if u.shared != nil {
				common[u.shared] = true
			}
		}
		k.mu.Unlock()
	}
	for i := range h.channels {
		for _, c := range h.channels[i].m {
			if all := c.logs.Load(); all != nil {
				for _, l := range *all {
					for _, s := range l.segs {
						n += int64(cap(s.buf))
					}
				}
			}
		}
	}
	return n
}
