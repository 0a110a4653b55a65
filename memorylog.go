package madang

import (
	"cmp"
	"slices"
	"time"
)

// A shelf is what Memory keeps of one stream's events of some kinds, in the order of the stream.
type shelf struct {
	kept []keptEvent
	lost uint64 // offset of the newest event that is not kept, or not any more
}

type keptEvent struct {
	*Event
	at time.Time
}

// shelf returns where events of a kind are kept; nil: nowhere.
func (s *stream) shelf(k Kind) *shelf {
	switch {
	case spoken.has(k):
		return &s.kept[0]
	case Presences.has(k):
		return &s.kept[1]
	}
	return nil
}

// holds reports whether anything is kept.
func (s *stream) holds() bool { return len(s.kept[0].kept)+len(s.kept[1].kept) > 0 }

// lost is the offset of the newest event of some kinds that is not kept.
func (s *stream) lost(m Mask) (offset uint64) {
	if m&spoken != 0 {
		offset = s.kept[0].lost
	}
	if m&Presences != 0 {
		offset = max(offset, s.kept[1].lost)
	}
	return offset
}

// events returns what is kept on the side of a position that a query wants, in its order.
func (s *stream) events(q HistoryQuery) (out []*Event) {
	for i := range s.kept {
		for _, e := range s.kept[i].kept {
			at := e.Pos.Offset
			wanted := !q.Reverse && at > q.Since.Offset || q.Reverse && (q.Since == Position{} || at < q.Since.Offset)
			if wanted && q.Mask.has(e.Kind) {
				out = append(out, e.Event)
			}
		}
	}
	if q.Mask&spoken != 0 && q.Mask&Presences != 0 {
		slices.SortFunc(out, func(a, b *Event) int { return cmp.Compare(a.Pos.Offset, b.Pos.Offset) })
	}
	if q.Reverse {
		slices.Reverse(out)
	}
	return out
}

// expire lets go of what was published at a time or before, and returns how many bytes that was and when the oldest of the
// rest was; zero: there is none.
func (s *shelf) expire(at time.Time) (freed int64, oldest time.Time) {
	n := 0
	for n < len(s.kept) && !s.kept[n].at.After(at) {
		n++
	}
	freed = s.drop(n)
	if len(s.kept) > 0 {
		oldest = s.kept[0].at
	}
	return freed, oldest
}

// drop lets go of the oldest n, and returns how many bytes that was.
func (s *shelf) drop(n int) (freed int64) {
	if n <= 0 {
		return 0
	}
	for _, e := range s.kept[:n] {
		freed += e.weight()
	}
	s.lost = max(s.lost, s.kept[n-1].Pos.Offset) // what was never kept may be newer
	clear(s.kept[:n])
	if s.kept = s.kept[n:]; len(s.kept) == 0 {
		s.kept = nil
	}
	return freed
}

// eventOverhead is about what an event takes besides its texts.
const eventOverhead = 384

// passing reports whether nobody misses an event that is not kept: it was of interest only when it was published, or is
// about something that is kept.
func (e *Event) passing() bool {
	return e.Kind == AsideEvent || e.Kind == NoteEvent || e.Message != nil && e.Message.Transient
}

// weight is about how many bytes an event takes in memory.
func (e *Event) weight() int64 {
	n := eventOverhead + len(e.Channel.Name)
	if m := e.Message; m != nil {
		n += len(m.ID) + len(m.Name) + len(m.Data) + len(m.Encoding) + len(m.Extras) + len(m.Sender.User)
		for _, a := range m.Attachments {
			n += len(a)
		}
	}
	if m := e.Member; m != nil {
		n += len(m.User) + len(m.Data) + len(m.Extras)
	}
	return int64(n)
}
