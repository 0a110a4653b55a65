package pusher_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang"
)

func present(channel, ids, hash string, count int) string {
	data := fmt.Sprintf(`{"presence":{"ids":[%s],"hash":{%s},"count":%d}}`, ids, hash, count)
	b, _ := json.Marshal(data)
	return `{"event":"pusher_internal:subscription_succeeded","channel":"` + channel + `","data":` + string(b) + `}`
}

func added(channel, member string) string {
	b, _ := json.Marshal(member)
	return `{"event":"pusher_internal:member_added","channel":"` + channel + `","data":` + string(b) + `}`
}

func removed(channel, member string) string {
	return strings.Replace(added(channel, member), "added", "removed", 1)
}

func TestPresence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := start(t, 2, nil)
		const room = "presence-room"
		a1, a2, b := nodes[0].dial(t, "main"), nodes[1].dial(t, "main"), nodes[1].dial(t, "main")
		const ann, bob = `{"user_id":1,"user_info":{"name":"Ann","z":1,"a":2}}`, `{"user_id":"bob"}`
		want(t, "the first", a1.subscribe(room, ann), present(room, `1`, `"1":{"name":"Ann","z":1,"a":2}`, 1))
		time.Sleep(time.Second)
		want(t, "another", b.subscribe(room, bob), present(room, `1,"bob"`, `"1":{"name":"Ann","z":1,"a":2},"bob":{}`, 2))
		want(t, "is told to the first", a1.heard(), added(room, `{"user_id":"bob","user_info":{}}`))
		time.Sleep(time.Second)
		want(t, "a second tab", a2.subscribe(room, `{"user_id":1,"user_info":{"name":"Ann 2"}}`),
			present(room, `1,"bob"`, `"1":{"name":"Ann","z":1,"a":2},"bob":{}`, 2))
		want(t, "of which nobody hears", append(a1.heard(), b.heard()...))
		want(t, "again", a2.subscribe(room, ann), present(room, `1,"bob"`, `"1":{"name":"Ann","z":1,"a":2},"bob":{}`, 2))
		want(t, "the string 1 is the number 1", func() []string {
			c := nodes[0].dial(t, "main")
			got := c.subscribe(room, `{"user_id":"1"}`)
			_ = c.Close()
			synctest.Wait()
			return append(got, b.heard()...)
		}(), present(room, `1,"bob"`, `"1":{"name":"Ann","z":1,"a":2},"bob":{}`, 2))

		want(t, "a tab leaves", a1.say(unsubscription(room)))
		want(t, "of which nobody hears", append(a2.heard(), b.heard()...))
		_ = a2.Close()
		want(t, "the user is gone", b.heard(), removed(room, `{"user_id":1}`))
		want(t, "who has left hears nothing", a1.heard())
		n := nodes[0]
		n.publish(t, "main", room, "e", "1")
		want(t, "messages", b.heard(), `{"event":"e","channel":"presence-room","data":"1"}`)
	})
}

func TestPresenceIsRefused(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		p := n.dial(t, "main")
		for data, status := range map[string]int{
			``: 401, `{}`: 400, `[]`: 400, `"x"`: 400, `{"user_id":""}`: 400, `{"user_id":null}`: 400, `{"user_id":true}`: 400,
			`{"user_id":{"a":1}}`: 400, `{"user_id":"` + strings.Repeat("u", 129) + `"}`: 400, `{`: 400,
			`{"USER_ID":"admin"}`: 400, `{"user_id":1.0}`: 400, `{"user_id":1e2}`: 400,
		} {
			got := p.subscribe("presence-x", data)
			if len(got) != 1 || !strings.Contains(got[0], `"channel":"presence-x","data":{"type":`) || !strings.Contains(got[0], fmt.Sprintf(`"status":%d`, status)) {
				t.Errorf("%s: %q", data, got)
			}
		}
		if n, err := n.hub.Members(t.Context(), madang.Channel{App: "main", Name: "presence-x"}); len(n) > 0 || err != nil {
			t.Errorf("members %v, %v", n, err)
		}
		n.publish(t, "main", "presence-x", "e", "1")
		want(t, "nothing is heard", p.heard())
	})
}

// A backend that signs what a client calls itself besides must be understood as browsers understand it.
func TestNamesOfFieldsAreExact(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		p := n.dial(t, "main")
		want(t, "a member", p.subscribe("presence-x", `{"user_id":"eve","user_info":{"n":1},"USER_ID":"admin","User_Info":{"n":2}}`),
			present("presence-x", `"eve"`, `"eve":{"n":1}`, 1))
		const eve = `{"id":"eve","user_info":{"name":"Eve","NAME":"Admin"},"ID":"admin","Watchlist":["bob"]}`
		want(t, "a user", p.signin(eve), signed(p, eve))
		if who := n.hub.Conn(madang.ConnID(p.id)).Principal(); who.User != "eve" || who.Name != "Eve" {
			t.Errorf("%+v", who)
		}
		want(t, "nobody's", n.dial(t, "main").signin(`{"ID":"admin"}`), unauthorized("user_data.id must be a string of 1 to 128 bytes."))
	})
}

func TestPresenceHasLimits(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		const room = "presence-x"
		a, b, c, d := n.dial(t, "small"), n.dial(t, "small"), n.dial(t, "small"), n.dial(t, "small")
		a.subscribe(room, `{"user_id":"a"}`)
		b.subscribe(room, `{"user_id":"b"}`)
		want(t, "a third user", c.subscribe(room, `{"user_id":"c"}`),
			`{"event":"pusher:subscription_error","channel":"presence-x","data":{"type":"LimitReached","error":"The presence channel has as many members as its app allows.","status":4004}}`)
		if got := d.subscribe(room, `{"user_id":"b"}`); !strings.Contains(got[0], `succeeded`) {
			t.Errorf("a second tab: %q", got)
		}
		want(t, "much to show", c.subscribe("presence-y", `{"user_id":"c","user_info":{"name":"longer than 20 bytes"}}`),
			`{"event":"pusher:subscription_error","channel":"presence-y","data":{"type":"InvalidRequest","error":"The name of the channel or its channel_data is not valid.","status":400}}`)
		a.heard()
		n.publish(t, "small", room, "e", "1")
		want(t, "who is not in hears nothing", c.heard())
	})
}

// The leaving is over before the close frame is answered: a backend that asks right afterwards finds nobody.
func TestLeavingOnTheCloseFrame(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		a, b := n.dial(t, "main"), n.dial(t, "main")
		a.subscribe("presence-x", `{"user_id":"a"}`)
		b.subscribe("presence-x", `{"user_id":"b"}`)
		a.heard()
		want(t, "the frame is answered", b.sendFrame(0x88, "\x03\xe8"), "end 1000")
		want(t, "a is told", a.heard(), removed("presence-x", `{"user_id":"b"}`))
		all, err := n.hub.Members(t.Context(), madang.Channel{App: "main", Name: "presence-x"})
		if len(all) != 1 || err != nil {
			t.Fatalf("members %v, %v", all, err)
		}
	})
}

// Nobody is told of the own coming and going, however quick the broker is.
func TestOwnPresence(t *testing.T) {
	for _, quick := range []bool{true, false} {
		in(t, func(s *setting) { s.alone = quick }, func(t *testing.T, n *node) {
			p := n.dial(t, "main")
			for range 3 {
				want(t, "coming", p.subscribe("presence-x", `{"user_id":1}`), present("presence-x", `1`, `"1":{}`, 1))
				want(t, "going", p.say(unsubscription("presence-x")))
			}
		})
	}
}

// A client that does not read leaves on its close frame all the same.
func TestLeavingWithoutReading(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		a, b := n.dial(t, "main"), n.dial(t, "main")
		a.subscribe("presence-x", `{"user_id":"a"}`)
		b.subscribe("presence-x", `{"user_id":"b"}`)
		b.stall(true)
		n.publish(t, "main", "presence-x", "e", strings.Repeat("x", 300_000))
		a.heard()
		b.sendFrame(0x88, "")
		want(t, "a is told", a.heard(), removed("presence-x", `{"user_id":"b"}`))
	})
}

// Whoever comes and goes while somebody joins: afterwards all know the same members, on every node.
func TestPresenceUnderChurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := start(t, 3, nil)
		const room = "presence-churn"
		know := func(lines []string) []string {
			members := map[string]bool{}
			for _, line := range lines {
				var f struct{ Event, Data string }
				var d struct {
					UserID   string `json:"user_id"`
					Presence struct{ IDs []string }
				}
				if json.Unmarshal([]byte(line), &f) != nil || json.Unmarshal([]byte(f.Data), &d) != nil {
					t.Fatalf("%s", line)
				}
				switch f.Event {
				case "pusher_internal:member_added":
					members[d.UserID] = true
				case "pusher_internal:member_removed":
					delete(members, d.UserID)
				default:
					clear(members)
					for _, id := range d.Presence.IDs {
						members[id] = true
					}
				}
			}
			var ids []string
			for id := range members {
				ids = append(ids, id)
			}
			slices.Sort(ids)
			return ids
		}
		var stay []*peer
		heard := map[*peer][]string{}
		for i := range 30 {
			p := nodes[i%3].dial(t, "main")
			data := fmt.Sprintf(`{"user_id":"u%d"}`, i%10)
			if err := p.Send(subscription(room, p.sign(room, data), data)); err != nil { // without waiting for anything
				t.Fatal(err)
			}
			if i%4 == 3 {
				_ = p.Send(unsubscription(room))
				_ = p.Close()
			} else {
				stay = append(stay, p)
			}
		}
		synctest.Wait()
		all, err := nodes[0].hub.Members(t.Context(), madang.Channel{App: "main", Name: room})
		if err != nil {
			t.Fatal(err)
		}
		var users []string
		for _, m := range all {
			users = append(users, m.User)
		}
		slices.Sort(users)
		users = slices.Compact(users)
		for _, p := range stay {
			heard[p] = append(heard[p], p.heard()...)
			if got := know(heard[p]); !slices.Equal(got, users) {
				t.Errorf("%s knows %v, but there are %v", p.id, got, users)
			}
		}
	})
}
