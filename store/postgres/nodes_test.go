package postgres_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madang/chat"
	"madang/store/postgres"
)

// nodes are two stores on one database. Each call goes to the other one than the call before.
type nodes struct {
	both  [2]chat.Store
	calls *atomic.Int64
}

func (n nodes) next() chat.Store { return n.both[n.calls.Add(1)%2] }

func (n nodes) EnsureRoom(ctx context.Context, r chat.NewRoom) (chat.Room, bool, error) {
	return n.next().EnsureRoom(ctx, r)
}

func (n nodes) Room(ctx context.Context, r chat.RoomRef) (chat.Room, error) {
	return n.next().Room(ctx, r)
}

func (n nodes) PublicRooms(ctx context.Context, app string, q chat.ListQuery) ([]chat.Room, error) {
	return n.next().PublicRooms(ctx, app, q)
}

func (n nodes) Join(ctx context.Context, r chat.RoomRef, m chat.NewMember, at time.Time) (chat.Member, bool, error) {
	return n.next().Join(ctx, r, m, at)
}

func (n nodes) Leave(ctx context.Context, r chat.RoomRef, user string, at time.Time) (chat.Member, bool, error) {
	return n.next().Leave(ctx, r, user, at)
}

func (n nodes) Member(ctx context.Context, r chat.RoomRef, user string) (chat.Member, error) {
	return n.next().Member(ctx, r, user)
}

func (n nodes) Members(ctx context.Context, r chat.RoomRef, q chat.ListQuery) ([]chat.Member, error) {
	return n.next().Members(ctx, r, q)
}

func (n nodes) RoomsOf(ctx context.Context, u chat.UserRef, limit int) ([]chat.Place, error) {
	return n.next().RoomsOf(ctx, u, limit)
}

func (n nodes) MarkRead(ctx context.Context, r chat.RoomRef, user string, seq int64, at time.Time) (chat.Member, bool, error) {
	return n.next().MarkRead(ctx, r, user, seq, at)
}

func (n nodes) Rooms(ctx context.Context, u chat.UserRef, q chat.RoomsQuery) ([]chat.RoomEntry, error) {
	return n.next().Rooms(ctx, u, q)
}

func (n nodes) Unread(ctx context.Context, u chat.UserRef) ([]chat.Unread, error) {
	return n.next().Unread(ctx, u)
}

func (n nodes) UnreadTotal(ctx context.Context, u chat.UserRef) (int64, error) {
	return n.next().UnreadTotal(ctx, u)
}

func (n nodes) Append(ctx context.Context, m chat.NewMessage) (chat.Appended, error) {
	return n.next().Append(ctx, m)
}

func (n nodes) Message(ctx context.Context, r chat.RoomRef, seq int64) (chat.Message, error) {
	return n.next().Message(ctx, r, seq)
}

func (n nodes) History(ctx context.Context, r chat.RoomRef, q chat.HistoryQuery) (chat.Page, error) {
	return n.next().History(ctx, r, q)
}

func (n nodes) Claim(ctx context.Context, c chat.Claim) ([]chat.OutboxEntry, error) {
	return n.next().Claim(ctx, c)
}

func (n nodes) Ack(ctx context.Context, ids ...int64) error { return n.next().Ack(ctx, ids...) }

func (n nodes) Postpone(ctx context.Context, until time.Time, ids ...int64) error {
	return n.next().Postpone(ctx, until, ids...)
}

func (n nodes) Release(ctx context.Context, by string) (int, error) { return n.next().Release(ctx, by) }

func (n nodes) OutboxSize(ctx context.Context) (int64, error) { return n.next().OutboxSize(ctx) }

func (n nodes) PutUser(ctx context.Context, u chat.User) error { return n.next().PutUser(ctx, u) }

func (n nodes) Users(ctx context.Context, app string, ids ...string) ([]chat.User, error) {
	return n.next().Users(ctx, app, ids...)
}

func room(i int) chat.RoomRef { return chat.RoomRef{App: "app1", ID: fmt.Sprint("r", i)} }

// published is what has been told to the world, in its order.
type published struct {
	mu     sync.Mutex
	byRoom map[chat.RoomRef][]int64
}

func (p *published) tell(m chat.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.byRoom[m.Room] = append(p.byRoom[m.Room], m.Seq)
}

// TestNodesPublish has two nodes store messages, each of them at both, and publish them at once: some are published by the
// one who stored them, the others by whoever claims them. Each is stored once, and published once and in its room's order.
func TestNodesPublish(t *testing.T) {
	c := config(t)
	both := []*postgres.Store{open(t, c), open(t, c)}
	const rooms, senders, each = 3, 4, 25
	for i := range rooms {
		_, _, err := both[0].Chat().EnsureRoom(t.Context(), chat.NewRoom{
			Ref: room(i), Kind: chat.RoomPublic, Members: []chat.NewMember{{User: "kim", Role: chat.RoleOwner}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	told := &published{byRoom: map[chat.RoomRef][]int64{}}
	var sending, publishing sync.WaitGroup
	var stop atomic.Bool
	var stored atomic.Int64
	for n, s := range both {
		name := fmt.Sprint("node", n)
		for k := range senders {
			sending.Go(func() {
				for i := range each {
					m := chat.NewMessage{Room: room(i % rooms), Sender: "kim", Nonce: fmt.Sprint(k, "-", i), Kind: chat.MessageText, Text: "안녕", At: time.Now()}
					if i%2 == 0 {
						m.ClaimedBy, m.ClaimedUntil = name, time.Now().Add(time.Minute)
					}
					a, err := s.Chat().Append(t.Context(), m)
					if err != nil {
						t.Error(err)
						return
					}
					if !a.Duplicate {
						stored.Add(1)
					}
					if a.Claimed {
						told.tell(a.Message)
						if err := s.Chat().Ack(t.Context(), a.Outbox); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		publishing.Go(func() { publish(t, s.Chat(), name, told, &stop) })
	}
	sending.Wait()
	stop.Store(true)
	publishing.Wait()
	if got := stored.Load(); got != senders*each {
		t.Errorf("%d messages were stored, want %d", got, senders*each)
	}
	for _, ref := range slices.SortedFunc(maps.Keys(told.byRoom), func(a, b chat.RoomRef) int { return len(a.ID) - len(b.ID) }) {
		r, err := both[1].Chat().Room(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		for i, seq := range told.byRoom[ref] {
			if seq != int64(i)+1 {
				t.Fatalf("%v was told in this order: %v", ref, told.byRoom[ref])
			}
		}
		if int64(len(told.byRoom[ref])) != r.LastSeq {
			t.Errorf("%v: %d messages were told, %d are stored", ref, len(told.byRoom[ref]), r.LastSeq)
		}
	}
}

// publish claims and publishes until it is to stop and nothing is left.
func publish(t *testing.T, s chat.Store, name string, told *published, stop *atomic.Bool) {
	t.Helper()
	for {
		last := stop.Load()
		now := time.Now()
		list, err := s.Claim(t.Context(), chat.Claim{By: name, Now: now, Until: now.Add(time.Minute), Limit: 7})
		if err != nil {
			t.Error(err)
			return
		}
		var ids []int64
		for _, e := range list {
			told.tell(e.Message)
			ids = append(ids, e.ID)
		}
		if err := s.Ack(t.Context(), ids...); err != nil {
			t.Error(err)
			return
		}
		if n, err := s.OutboxSize(t.Context()); err != nil || last && n == 0 {
			if err != nil {
				t.Error(err)
			}
			return
		}
	}
}
