package pusher_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang"
)

// Who is subscribed where something was lost is subscribed anew, with what is there now; other channels go on.
func TestLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := start(t, 2, nil)
		p, other := nodes[0].dial(t, "main"), nodes[1].dial(t, "main")
		for _, channel := range []string{"news", "private-news", "cache-news", "cache-none", "calm"} {
			p.subscribe(channel, "")
		}
		const ann, bob = `{"user_id":1,"user_info":{"name":"Ann"}}`, `{"user_id":"bob"}`
		p.subscribe("presence-room", ann)
		time.Sleep(time.Second)
		p.heard()
		nodes[0].cluster.Cut(0)
		for _, channel := range []string{"news", "private-news", "cache-news"} {
			nodes[1].publish(t, "main", channel, "lost", "1")
		}
		other.subscribe("presence-room", bob)
		time.Sleep(time.Second)
		nodes[0].cluster.Mend(0)
		got := map[string]string{}
		for _, line := range p.heard() {
			_, channel, _ := strings.Cut(line, `"channel":"`)
			channel, _, _ = strings.Cut(channel, `"`)
			got[channel] += line
		}
		for channel, want := range map[string]string{
			"news": succeeded("news"), "private-news": succeeded("private-news"),
			"cache-news":    succeeded("cache-news") + `{"event":"lost","channel":"cache-news","data":"1"}`,
			"presence-room": present("presence-room", `1,"bob"`, `"1":{"name":"Ann"},"bob":{}`, 2),
		} {
			if got[channel] != want {
				t.Errorf("%s: %s, want %s", channel, got[channel], want)
			}
			delete(got, channel)
		}
		if len(got) > 0 {
			t.Errorf("and %q", got)
		}
		want(t, "nothing more is told", p.heard())
		want(t, "the others were told nothing", other.heard())
		for _, channel := range []string{"news", "private-news", "presence-room"} {
			nodes[1].publish(t, "main", channel, "live", "2")
			want(t, "live again", p.heard(), `{"event":"live","channel":"`+channel+`","data":"2"}`)
		}
		other.heard()
		want(t, "somebody leaves", other.say(unsubscription("presence-room")))
		want(t, "and that is told", p.heard(), removed("presence-room", `{"user_id":"bob"}`))
	})
}

// What is sent to a user begins with a sign-in, so that the connection has to begin again.
func TestLossOfWhatIsSentToAUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := start(t, 2, nil)
		p := nodes[0].dial(t, "main")
		p.signin(`{"id":"ann"}`)
		nodes[0].cluster.Cut(0)
		ch := madang.UserChannel("main", "ann")
		if _, err := nodes[1].hub.Publish(t.Context(), &madang.Message{Channel: ch, Name: "e", Data: []byte("1")}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		nodes[0].cluster.Mend(0)
		if got := p.heard(); len(got) != 1 || !strings.HasPrefix(got[0], "end 4200") {
			t.Errorf("told %q", got)
		}
	})
}

// Who subscribes while the cluster does not answer waits; for ten seconds, and then has to come back.
func TestSubscribingIsPatient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := start(t, 2, func(s *setting) { s.hub.Lease = time.Minute })
		p, late := nodes[0].dial(t, "main"), nodes[0].dial(t, "main")
		nodes[0].cluster.Silence(0, true)
		want(t, "nothing is said", p.subscribe("presence-room", `{"user_id":1}`))
		time.Sleep(5 * time.Second)
		nodes[0].cluster.Silence(0, false)
		time.Sleep(time.Second)
		want(t, "then it is in", p.heard(), present("presence-room", `1`, `"1":{}`, 1))
		nodes[0].cluster.Silence(0, true)
		late.subscribe("news", "")
		time.Sleep(12 * time.Second)
		if got := late.heard(); len(got) != 1 || !strings.HasPrefix(got[0], "end 4200") {
			t.Errorf("told %q", got)
		}
		want(t, "others go on", p.heard())
		nodes[0].cluster.Silence(0, false)
	})
}
