package sqlite_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"madang/chat"
	"madang/internal/sqlstore"
	"madang/store/sqlite"
)

// crowd opens a database with rooms of two members each.
func crowd(b *testing.B, mode sqlite.Sync, rooms int) sqlstore.Chat {
	b.Helper()
	c := config(b)
	c.Sync = mode
	s := open(b, c).Chat()
	for i := range rooms {
		_, _, err := s.EnsureRoom(b.Context(), chat.NewRoom{
			Ref: room(i), Kind: chat.RoomPrivate,
			Members: []chat.NewMember{{User: "kim", Role: chat.RoleOwner}, {User: "lee", Role: chat.RoleMember}},
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return s
}

func room(i int) chat.RoomRef { return chat.RoomRef{App: "app1", ID: fmt.Sprint("room", i)} }

func message(i, n int) chat.NewMessage {
	return chat.NewMessage{
		Room: room(i), Sender: "kim", Nonce: fmt.Sprint(i, "-", n), Kind: chat.MessageText,
		Text: "오늘 오후회의가 세 시로 옮겨졌습니다", At: time.UnixMilli(1_795_000_000_000),
	}
}

// BenchmarkAppend stores messages from one sender, and from many at once, in 100 rooms and in one.
func BenchmarkAppend(b *testing.B) {
	for _, mode := range []sqlite.Sync{sqlite.SyncFull, sqlite.SyncNormal} {
		for _, c := range []struct{ senders, rooms int }{{1, 1}, {128, 100}, {128, 1}} {
			b.Run(fmt.Sprintf("%s/senders=%d/rooms=%d", mode, c.senders, c.rooms), func(b *testing.B) {
				s := crowd(b, mode, c.rooms)
				next := make(chan int)
				var senders sync.WaitGroup
				for range c.senders {
					senders.Go(func() {
						for n := range next {
							if _, err := s.Append(b.Context(), message(n%c.rooms, n)); err != nil {
								b.Error(err)
							}
						}
					})
				}
				for n := 0; b.Loop(); n++ {
					next <- n
				}
				close(next)
				senders.Wait()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
			})
		}
	}
}

// BenchmarkUnread asks for what one user has not read in 100 rooms of 100 messages, a tenth of them read.
func BenchmarkUnread(b *testing.B) {
	const rooms, messages = 100, 100
	s := crowd(b, sqlite.SyncNormal, rooms)
	var senders sync.WaitGroup
	for i := range rooms {
		senders.Go(func() {
			for n := range messages {
				if _, err := s.Append(b.Context(), message(i, n)); err != nil {
					b.Error(err)
				}
			}
			if _, _, err := s.MarkRead(b.Context(), room(i), "lee", messages/10, time.UnixMilli(0)); err != nil {
				b.Error(err)
			}
		})
	}
	senders.Wait()
	lee := chat.UserRef{App: "app1", ID: "lee"}
	b.Run("total", func(b *testing.B) {
		for b.Loop() {
			if n, err := s.UnreadTotal(b.Context(), lee); err != nil || n != rooms*messages*9/10 {
				b.Fatal(n, err)
			}
		}
	})
	b.Run("by room", func(b *testing.B) {
		for b.Loop() {
			if list, err := s.Unread(b.Context(), lee); err != nil || len(list) != rooms {
				b.Fatal(len(list), err)
			}
		}
	})
	b.Run("list of rooms", func(b *testing.B) {
		for b.Loop() {
			if list, err := s.Rooms(b.Context(), lee, chat.RoomsQuery{}); err != nil || len(list) != chat.DefaultRooms {
				b.Fatal(len(list), err)
			}
		}
	})
}
