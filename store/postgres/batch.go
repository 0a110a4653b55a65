package postgres

import (
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"madang/chat"
)

// The statements of a batch's first round trip, after "begin": lock the room; find the messages whose nonces come again; find
// which senders are members; and whether anything of the room still waits to be published. The room's members join and leave
// under the same lock, so what the others say stays true.
const (
	lockRoom = `SELECT pk, last_seq, last_rev, last_at, member_count FROM rooms WHERE app = $1 AND id = $2 FOR UPDATE`

	roomKey = `(SELECT pk FROM rooms WHERE app = $1 AND id = $2)`

	findNonces = `SELECT g.seq, g.rev, g.sender, g.nonce, g.kind, g.body, g.created_at
		FROM unnest(CAST($3 AS TEXT[]), CAST($4 AS TEXT[])) w (sender, nonce)
		JOIN messages g ON g.room = ` + roomKey + ` AND g.sender = w.sender AND g.nonce = w.nonce`

	findSenders = `SELECT user_id FROM members WHERE room = ` + roomKey + ` AND user_id = ANY($3) AND left_at IS NULL`

	findWaiting = `SELECT EXISTS (SELECT 1 FROM outbox WHERE room = ` + roomKey + `)`
)

// The statements of its second, before "commit".
const (
	addMessages = `INSERT INTO messages (room, seq, rev, sender, nonce, kind, body, created_at)
		SELECT $1, w.seq, w.rev, w.sender, NULLIF(w.nonce, ''), w.kind, w.body, w.at FROM unnest(CAST($2 AS BIGINT[]), CAST($3 AS BIGINT[]),
			CAST($4 AS TEXT[]), CAST($5 AS TEXT[]), CAST($6 AS TEXT[]), CAST($7 AS TEXT[]), CAST($8 AS BIGINT[]))
			w (seq, rev, sender, nonce, kind, body, at)`

	moveSenders = `UPDATE members m SET read_seq = w.seq, read_at = w.at
		FROM unnest(CAST($2 AS TEXT[]), CAST($3 AS BIGINT[]), CAST($4 AS BIGINT[])) w (sender, seq, at)
		WHERE m.room = $1 AND m.user_id = w.sender`

	// Ordered, so that the ids of a room grow with its messages.
	addEntries = `INSERT INTO outbox (room, seq, rev, type, attempts, next_at, claimed_by, skip)
		SELECT $1, w.seq, w.rev, $2, w.attempts, w.next_at, w.claimed_by, w.skip
		FROM unnest(CAST($3 AS BIGINT[]), CAST($4 AS BIGINT[]), CAST($5 AS BIGINT[]), CAST($6 AS BIGINT[]), CAST($7 AS TEXT[]), CAST($8 AS TEXT[]))
			w (seq, rev, attempts, next_at, claimed_by, skip) ORDER BY w.seq RETURNING id, seq`

	moveRoom = `UPDATE rooms SET last_seq = $2, last_rev = $3, last_at = $4 WHERE pk = $1`
)

// A nonceKey names a message by what its sender calls it.
type nonceKey struct{ sender, nonce string }

// A batch is messages of one room on their way into it.
type batch struct {
	room    chat.RoomRef
	pk      int64
	lastSeq int64
	lastRev int64
	lastAt  int64 // milliseconds
	members int

	known   map[nonceKey]chat.Message
	active  map[string]bool // senders who are members
	waiting bool            // something of the room still waits to be published
}

// storeBatch stores messages of one room in a transaction of its own, in two round trips, and says of each what became of it. If
// it returns an error, nothing of any was stored.
func storeBatch(t *tx, room chat.RoomRef, all []*sending) error {
	b := &batch{room: room, known: map[nonceKey]chat.Message{}, active: map[string]bool{}}
	err := b.look(t, all)
	if errors.Is(err, pgx.ErrNoRows) {
		for _, s := range all {
			s.a, s.err = chat.Appended{}, fmt.Errorf("room %v: %w", room, chat.ErrNotFound)
		}
		_, err = t.conn.Exec(t.ctx, "rollback")
		return err
	}
	if err != nil {
		return err
	}
	if fresh := b.judge(all); len(fresh) > 0 {
		return b.write(t, fresh)
	}
	_, err = t.conn.Exec(t.ctx, "rollback")
	return err
}

// look begins the transaction and asks for all that has to be known.
func (b *batch) look(t *tx, all []*sending) error {
	var senders, nonces, who []string
	for _, s := range all {
		if s.n.Sender != "" {
			who = append(who, s.n.Sender)
		}
		if s.n.Nonce != "" {
			senders, nonces = append(senders, s.n.Sender), append(nonces, s.n.Nonce)
		}
	}
	q := &pgx.Batch{}
	q.Queue("begin")
	q.Queue(lockRoom, b.room.App, b.room.ID).QueryRow(func(row pgx.Row) error {
		return row.Scan(&b.pk, &b.lastSeq, &b.lastRev, &b.lastAt, &b.members)
	})
	q.Queue(findWaiting, b.room.App, b.room.ID).QueryRow(func(row pgx.Row) error { return row.Scan(&b.waiting) })
	if len(who) > 0 {
		q.Queue(findSenders, b.room.App, b.room.ID, who).Query(func(rows pgx.Rows) error {
			return eachRow(rows, func() error {
				var id string
				err := rows.Scan(&id)
				b.active[id] = true
				return err
			})
		})
	}
	if len(nonces) > 0 {
		q.Queue(findNonces, b.room.App, b.room.ID, senders, nonces).Query(func(rows pgx.Rows) error {
			return eachRow(rows, func() error {
				m := chat.Message{Room: b.room}
				var at int64
				err := rows.Scan(&m.Seq, &m.Rev, &m.Sender, &m.Nonce, &m.Kind, &m.Text, &at)
				m.CreatedAt = time.UnixMilli(at).UTC()
				b.known[nonceKey{m.Sender, m.Nonce}] = m
				return err
			})
		})
	}
	return t.conn.SendBatch(t.ctx, q).Close()
}

func eachRow(rows pgx.Rows, scan func() error) error {
	for rows.Next() {
		if err := scan(); err != nil {
			return err
		}
	}
	return rows.Err()
}

// judge answers what is not to be stored, and gives the others their numbers.
func (b *batch) judge(all []*sending) (fresh []*sending) {
	for _, s := range all {
		n := s.n
		key := nonceKey{n.Sender, n.Nonce}
		s.a, s.err = chat.Appended{}, nil // of a run before this one
		if first, ok := b.known[key]; ok && n.Nonce != "" {
			s.a = chat.Appended{Message: first, Duplicate: true, Members: b.members}
			continue
		}
		if n.Sender != "" && !b.active[n.Sender] {
			s.err = fmt.Errorf("user %q is not a member of room %v: %w", n.Sender, b.room, chat.ErrForbidden)
			continue
		}
		b.lastSeq++
		b.lastRev++
		b.lastAt = max(b.lastAt, n.At.UnixMilli())
		m := chat.Message{
			Room: b.room, Seq: b.lastSeq, Rev: b.lastRev,
			Sender: n.Sender, Nonce: n.Nonce, Kind: n.Kind, Text: n.Text, CreatedAt: chat.Millis(n.At),
		}
		if n.Nonce != "" {
			b.known[key] = m
		}
		s.a = chat.Appended{Message: m, Members: b.members, Claimed: n.ClaimedBy != "" && !b.waiting}
		b.waiting = true // this one itself
		fresh = append(fresh, s)
	}
	return fresh
}

// write stores the messages and commits.
func (b *batch) write(t *tx, fresh []*sending) error {
	var seqs, revs, ats, attempts, until []int64
	var senders, nonces, kinds, bodies, by, skips []string
	moved := map[string]chat.Message{}
	for _, s := range fresh {
		m := s.a.Message
		seqs, revs, ats = append(seqs, m.Seq), append(revs, m.Rev), append(ats, m.CreatedAt.UnixMilli())
		senders, nonces = append(senders, m.Sender), append(nonces, m.Nonce)
		kinds, bodies = append(kinds, string(m.Kind)), append(bodies, m.Text)
		skips = append(skips, string(s.n.Skip))
		if s.a.Claimed {
			by, attempts, until = append(by, s.n.ClaimedBy), append(attempts, 1), append(until, s.n.ClaimedUntil.UnixMilli())
		} else {
			by, attempts, until = append(by, ""), append(attempts, 0), append(until, 0)
		}
		if m.Sender != "" {
			moved[m.Sender] = m
		}
	}
	var movers []string
	var to, at []int64
	for sender, m := range moved {
		movers, to, at = append(movers, sender), append(to, m.Seq), append(at, m.CreatedAt.UnixMilli())
	}
	entries := map[int64]int64{} // by seq
	q := &pgx.Batch{}
	q.Queue(addMessages, b.pk, seqs, revs, senders, nonces, kinds, bodies, ats)
	if len(movers) > 0 {
		q.Queue(moveSenders, b.pk, movers, to, at)
	}
	q.Queue(addEntries, b.pk, string(chat.EventMessageCreated), seqs, revs, attempts, until, by, skips).Query(func(rows pgx.Rows) error {
		return eachRow(rows, func() error {
			var id, seq int64
			err := rows.Scan(&id, &seq)
			entries[seq] = id
			return err
		})
	})
	q.Queue(moveRoom, b.pk, b.lastSeq, b.lastRev, b.lastAt)
	if err := commitBatch(t, q); err != nil {
		return err
	}
	for _, s := range fresh {
		s.a.Outbox = entries[s.a.Message.Seq]
	}
	return nil
}
