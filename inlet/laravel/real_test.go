package laravel

import (
	"slices"
	"strings"
	"testing"

	"madang"
	"madang/internal/laraveltest"
	"madang/internal/redistest"
)

// Real Laravel publishes with each of its Redis clients and both of its prefixes; everything reaches the subscriber byte
// for byte.
func TestRealLaravel(t *testing.T) {
	t.Parallel()
	r := redistest.Start(t)
	_, port, _ := strings.Cut(r.Addr, ":")
	h := hubs(t, 1, madang.Config{})[0]
	c := quick()
	c.URL = r.URL()
	i := start(t, h, c, Options{})
	ready(t, i)
	for _, x := range []struct{ client, prefix string }{
		{"phpredis", "laravel_database_"}, {"predis", "laravel_database_"}, {"phpredis", "laravel-database-"}, {"predis", "laravel-database-"},
	} {
		app := laraveltest.New(t, "REDIS_PORT="+port, "REDIS_CLIENT="+x.client, "REDIS_PREFIX="+x.prefix, "REDIS_DB=3")
		channels := []string{"public", "private-chat.7", "presence-room.1", "orders", "private-App.Models.User.2", "raw"}
		all, sender := subscribe(t, h, channels...), subscribe(t, h, channels...)
		id := string(sender.id)
		app.Broadcast("public", "안녕/hello")
		app.Broadcast("--socket="+id, "chat", "7", "to the others")
		app.Broadcast("room", "1", "open")
		app.Broadcast("order", "7", "7")
		app.Broadcast("raw", "raw", "e", "[]")
		app.Broadcast("raw", "raw", "e", `{"n":12345678901234567890.0}`)
		app.Broadcast("notify", "2", "hi")
		want := []string{
			`public App\Events\PublicMessageSent {"text":"\uc548\ub155\/hello","socket":null}`,
			`private-chat.7 App\Events\ChatMessageSent {"room":"7","payload":{"text":"to the others"}}`,
			`presence-room.1 App\Events\RoomOpened {"room":"1","text":"open"}`,
			`orders order.shipped {"order":{"id":7,"lines":[]},"socket":null}`,
			`private-chat.7 order.shipped {"order":{"id":7,"lines":[]},"socket":null}`,
			`raw e []`, `raw e {"n":1.2345678901234567e+19}`,
		}
		const notified = `private-App.Models.User.2 Illuminate\Notifications\Events\BroadcastNotificationCreated {"message":"hi","id":"`
		eventually(t, "the notification has come", func() bool { return len(sender.seen()) == len(want) && len(all.seen()) == len(want)+1 })
		got := all.seen()
		if !slices.Equal(got[:len(want)], want) || !strings.HasPrefix(got[len(want)], notified) {
			t.Errorf("%+v: got\n%s\nwant\n%s", x, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if got := sender.seen(); !slices.Equal(got[:len(want)-1], slices.Delete(slices.Clone(want), 1, 2)) {
			t.Errorf("%+v: the sender got\n%s", x, strings.Join(got, "\n"))
		}
	}
	if s := i.Stats(); s.Malformed+s.Refused+s.Oversized+s.Failed != 0 {
		t.Errorf("%+v", s)
	}
}
