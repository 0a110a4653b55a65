package madang

import "fmt"

// A source is one log of the line being flushed, at its next unit.
type source struct {
	stamp uint64
	sub   *Subscription // nil: the own log
	seg   int
	unit  int
	limit uint64
	own   []ownUnit
}

// A step is one unit of the batch, or one that was passed over, and the cursor it moves.
type step struct {
	sub    *Subscription // nil: the own log
	end    uint64        // where the cursor of sub is then
	size   int
	passed bool // not in the batch
}

// A merger gathers units of several logs in the order of their stamps. A flusher has one and uses it again and again.
type merger struct {
	heap  []source // by stamp, the lowest first
	out   []byte
	units []unit
	steps []step
	said  bool // the last unit is the farewell
}

// collect finds the sources of a line. It reports whether some unit beyond the cut waits.
func (m *merger) collect(f *flusher, k *Line) (more bool) {
	switch {
	case k.behind:
		for _, s := range k.subscriptions() {
			m.addSub(f, s)
		}
	default:
		if k.first != nil {
			m.addSub(f, k.first)
		}
		for _, s := range k.more {
			m.addSub(f, s)
		}
	}
	k.mu.Lock()
	own := k.own
	k.mu.Unlock()
	for n := len(own); n > 0 && own[n-1].stamp > f.cut; n-- {
		own = own[:n-1]
		more = true
	}
	if len(own) > 0 {
		m.push(source{stamp: own[0].stamp, own: own})
	}
	return more
}

func (m *merger) addSub(f *flusher, s *Subscription) {
	p := &s.log.parts[f.id]
	if p.turn != f.turn {
		f.look(s.log, false)
	}
	from := s.from.Load()
	limit := min(p.head, s.end.Load())
	if from == 0 || from > f.cut || s.cur >= limit {
		return
	}
	i := len(p.view) - 1
	for i > 0 && p.view[i].base > s.cur {
		i--
	}
	g := &p.view[i]
	u := g.find(uint32(s.cur - g.base))
	m.push(source{sub: s, stamp: max(g.units[u].stamp, from), seg: i, unit: u, limit: limit})
}

// fill takes units until the batch is full. It reports whether something is left.
func (m *merger) fill(k *Line) (left bool) {
	for len(m.heap) > 0 && !m.said && len(m.out) < maxBatch {
		if !m.take(k, &m.heap[0]) {
			return true
		}
	}
	return len(m.heap) > 0
}

// take moves the next unit of the first source into the batch; false if it no longer fits.
func (m *merger) take(k *Line, c *source) bool {
	if c.sub == nil {
		return m.takeOwn(k, c)
	}
	view := c.sub.log.parts[k.f.id].view
	g := &view[c.seg]
	u := &g.units[c.unit]
	b := g.buf[g.start(c.unit):u.end]
	end := g.base + uint64(u.end)
	if c.sub.wants(u) {
		if !m.add(b, step{sub: c.sub, end: end}) {
			return false
		}
	} else {
		m.steps = append(m.steps, step{sub: c.sub, end: end, passed: true})
	}
	if c.unit++; c.unit == len(g.units) {
		c.unit = 0
		c.seg++
	}
	if end >= c.limit {
		m.pop()
		return true
	}
	c.stamp = max(view[c.seg].units[c.unit].stamp, c.sub.from.Load())
	m.sink(0)
	return true
}

func (m *merger) takeOwn(k *Line, c *source) bool {
	o := &c.own[0]
	switch {
	case o.volatile && o.stamp <= k.readied:
		m.steps = append(m.steps, step{size: len(o.b), passed: true})
	case o.last:
		m.said = true
		k.mu.Lock()
		r := k.reason
		k.mu.Unlock()
		bye, err := farewell(k.link, r)
		if err != nil {
			k.hub.log.Error("a link has no farewell", "link", fmt.Sprintf("%T", k.link), "error", err)
		}
		m.out = append(m.out, bye...)
		m.units = append(m.units, unit{end: uint32(len(m.out))})
		m.steps = append(m.steps, step{})
	case !m.add(o.b, step{size: len(o.b)}):
		return false
	}
	if c.own = c.own[1:]; len(c.own) == 0 {
		m.pop()
		return true
	}
	c.stamp = c.own[0].stamp
	m.sink(0)
	return true
}

// add puts a unit into the batch; false if others are there already and it no longer fits.
func (m *merger) add(b []byte, s step) bool {
	if len(m.out) > 0 && len(m.out)+len(b) > maxBatch {
		return false
	}
	m.out = append(m.out, b...)
	m.units = append(m.units, unit{end: uint32(len(m.out))})
	m.steps = append(m.steps, s)
	return true
}

// advance moves the cursors behind the first n units, and behind what was passed over before the next.
func (m *merger) advance(k *Line, n int) {
	own, bytes := 0, 0
	for _, s := range m.steps {
		if !s.passed {
			if n == 0 {
				break
			}
			n--
		}
		if s.sub != nil {
			s.sub.cur = s.end
		} else {
			own++
			bytes += s.size
		}
	}
	if own == 0 {
		return
	}
	k.ownBytes.Add(-int64(bytes))
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.gone: // Drop has let go of them
	case len(k.own) <= own:
		k.letGo(k.own)
		k.own = nil
	default:
		k.letGo(k.own[:own])
		clear(k.own[:own]) // let go of what was sent
		k.own = k.own[own:]
	}
}

// reset forgets the line, and a buffer that one giant unit has blown up.
func (m *merger) reset() {
	clear(m.heap[:cap(m.heap)])
	clear(m.steps)
	m.heap, m.steps, m.units, m.said = m.heap[:0], m.steps[:0], m.units[:0], false
	if m.out = m.out[:0]; cap(m.out) > 4*maxBatch {
		m.out = nil
	}
}

func (m *merger) push(c source) {
	m.heap = append(m.heap, c)
	for i := len(m.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if m.heap[up].stamp <= m.heap[i].stamp {
			return
		}
		m.heap[up], m.heap[i] = m.heap[i], m.heap[up]
		i = up
	}
}

func (m *merger) pop() {
	n := len(m.heap) - 1
	m.heap[0] = m.heap[n]
	m.heap[n] = source{}
	m.heap = m.heap[:n]
	m.sink(0)
}

func (m *merger) sink(i int) {
	for {
		low := 2*i + 1
		if low >= len(m.heap) {
			return
		}
		if r := low + 1; r < len(m.heap) && m.heap[r].stamp < m.heap[low].stamp {
			low = r
		}
		if m.heap[i].stamp <= m.heap[low].stamp {
			return
		}
		m.heap[i], m.heap[low] = m.heap[low], m.heap[i]
		i = low
	}
}
