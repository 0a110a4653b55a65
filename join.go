package madang

// join adds a message to the log's last unit, if its dialect can and if nobody could tell the difference but by the bytes:
// no flusher has looked at the unit, no cursor begins or ends behind it, nobody is waiting for a replay that may end in the
// midst of it, and both messages are for everyone; under mu.
func (l *log) join(e *Event, skip uint64) (done bool, err error) {
	if l.joiner == nil || len(l.segs) == 0 || l.held > 0 {
		return false, nil
	}
	s := l.segs[len(l.segs)-1]
	last := len(s.units) - 1
	if last < 0 || s.sealed || s.epoch != e.Pos.Epoch {
		return false, nil
	}
	u := &s.units[last]
	if !joinable(u) || !joinable(&unit{skip: skip, offset: e.Pos.Offset, kind: e.Kind, volatile: e.Message != nil && e.Message.Volatile}) ||
		u.offset <= l.after || e.Pos.Offset <= u.offset {
		return false, nil
	}
	buf, ok, err := join(l.joiner, s.buf, int(s.start(last)), e)
	if !ok || err != nil {
		return false, err
	}
	s.buf, u.end, u.offset = buf, uint32(len(buf)), e.Pos.Offset
	l.head.Store(s.end())
	return true, nil
}

// joinable reports whether a unit is a message that every subscriber gets, at a position.
func joinable(u *unit) bool {
	return u.kind == MessageEvent && u.skip == 0 && !u.volatile && u.offset != 0
}

// seal leaves the last unit as it is from now on; under mu.
func (l *log) seal() {
	if n := len(l.segs); n > 0 {
		l.segs[n-1].sealed = true
	}
}

// release notes that a member is no longer held; under mu, before it opens or ends.
func (s *Subscription) release() {
	if s.from.Load() == 0 && s.end.Load() == openEnd {
		s.log.held--
	}
}
