package chat

// How many messages a page of history has.
const (
	DefaultHistory = 50  // when a query does not say
	MaxHistory     = 200 // more are not given, whatever the query says
)

// A Direction says on which side of a seq a page of history lies.
type Direction uint8

// The directions.
const (
	Before Direction = iota // towards older messages
	After                   // towards newer messages
)

// A HistoryQuery asks for one page of a room's messages: those next to Seq on the side of Direction, Seq itself excluded.
// Before with Seq 0 is the newest page, so the zero query is what a client shows first; After with Seq 0 is the oldest.
type HistoryQuery struct {
	Direction Direction
	Seq       int64
	Limit     int   // 0 or less: DefaultHistory; at most MaxHistory
	From      int64 // nothing below this seq; see Member.HiddenBeforeSeq
}

// A Page is a run of a room's messages in ascending order, without a gap.
type Page struct {
	Messages []Message
	HasOlder bool // there are visible messages before the page
	HasNewer bool // there are messages after the page
}

// A Window is where the page of a query lies: the seqs First to Last, both included. It is empty if Last < First.
type Window struct {
	First, Last        int64
	HasOlder, HasNewer bool
}

// Window returns where the query's page lies in a room whose newest message is lastSeq. Since seqs have no gaps, this needs
// no look at the messages; a Store reads lastSeq first and then the messages of the window, which all exist.
func (q HistoryQuery) Window(lastSeq int64) Window {
	limit := int64(q.Limit)
	if limit <= 0 {
		limit = DefaultHistory
	}
	limit = min(limit, MaxHistory)
	lo := min(max(q.From, 1), lastSeq+1)

	var first, last int64
	if q.Direction == After {
		first = lo
		if q.Seq >= lo {
			first = min(q.Seq, lastSeq) + 1 // not q.Seq+1, which may overflow
		}
		last = min(first+limit-1, lastSeq)
	} else {
		last = lastSeq
		if q.Seq > 0 {
			last = min(q.Seq-1, lastSeq)
		}
		first = max(last-limit+1, lo)
	}
	return Window{
		First:    first,
		Last:     last,
		HasOlder: first > lo,
		HasNewer: max(last, lo-1) < lastSeq,
	}
}
