package postgres_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"madang/chat"
)

// BenchmarkAppend stores messages by senders who each wait for the acknowledgement before the next. PostgreSQL runs beside it on
// the same machine.
func BenchmarkAppend(b *testing.B) {
	for _, c := range []struct{ senders, rooms int }{{1, 1}, {128, 100}, {128, 1}} {
		b.Run(fmt.Sprintf("senders=%d/rooms=%d", c.senders, c.rooms), func(b *testing.B) {
			s := open(b, config(b)).Chat()
			for i := range c.rooms {
				_, _, err := s.EnsureRoom(b.Context(), chat.NewRoom{
					Ref: room(i), Kind: chat.RoomPublic, Members: []chat.NewMember{{User: "kim", Role: chat.RoleOwner}},
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			var all sync.WaitGroup
			b.ResetTimer()
			for sender := range c.senders {
				all.Go(func() {
					for i := sender; i < b.N; i += c.senders {
						_, err := s.Append(b.Context(), chat.NewMessage{
							Room: room(i % c.rooms), Sender: "kim", Nonce: fmt.Sprint(i), Kind: chat.MessageText, Text: "안녕하세요", At: time.Now(),
						})
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
