package echo_test

import (
	"fmt"
	"strings"
	"testing"

	"madang"
	"madang/internal/convention"
)

// member is how others see a client; without the id of its socket when that is empty.
func member(user, id string) string {
	raw := quote(user)
	if user == "7" {
		raw = user
	}
	s := `{"user_id":` + raw + `,"user_info":{"name":` + quote(user) + `}`
	if id != "" {
		s += `,"socketId":` + quote(convention.Alias(madang.ConnID(id)))
	}
	return s + "}"
}

func here(channel string, members ...string) string {
	return `42["presence:subscribed",` + quote(channel) + `,[` + strings.Join(members, ",") + `]]`
}

func joining(channel, member string) string {
	return `42["presence:joining",` + quote(channel) + `,` + member + `]`
}

func leaving(channel, user string) string {
	return `42["presence:leaving",` + quote(channel) + `,` + member(user, "") + `]`
}

func TestPresence(t *testing.T) {
	const room = "presence-room"
	n := start(t, options{})
	kim := n.connect(t, v4, "kim")
	kim.subscribe(room)
	want(t, kim, here(room, member("kim", kim.id)))
	seven := n.connect(t, v3, "7")
	seven.subscribe(room)
	want(t, seven, here(room, member("7", seven.id), member("kim", kim.id)))
	want(t, kim, joining(room, member("7", seven.id)))
	// A second connection of the same user is news to nobody, and counts as the newest.
	tab := n.connect(t, v4, "kim")
	tab.subscribe(room)
	want(t, tab, here(room, member("kim", tab.id), member("7", seven.id)))
	n.publish(t, room, "e", "1")
	for _, c := range []*client{kim, seven, tab} {
		want(t, c, `42["e","presence-room",1]`)
	}
	// Subscribing again answers again.
	kim.subscribe(room)
	want(t, kim, here(room, member("kim", kim.id), member("7", seven.id)))
	// Only the last connection of a user leaves, whichever way it goes.
	tab.unsubscribe(room)
	eventually(t, "the tab has left", func() bool { return !tab.in(room) })
	kim.away(t)
	want(t, seven, leaving(room, "kim"))
	quiet(t, tab)
	seven.Send("41")
	eventually(t, "nobody is there", func() bool {
		all, err := n.hub.Members(t.Context(), madang.Channel{App: "app", Name: room})
		return err == nil && len(all) == 0
	})
}

// A user whom the backend lets listen without saying who it is hears everything and is not there.
func TestPresenceOfNobody(t *testing.T) {
	n := start(t, options{})
	kim := n.connect(t, v4, "kim").joined(t, "presence-other")
	kim.subscribe("presence-nobody")
	eventually(t, "it listens", func() bool { return kim.in("presence-nobody") })
	c := madang.Channel{App: "app", Name: "presence-nobody"}
	other := n.connect(t, v4, "lee")
	if err := n.hub.Enter(t.Context(), n.hub.Conn(madang.ConnID(other.id)), c, []byte(`not JSON`), madang.JSON); err != nil {
		t.Fatal(err)
	}
	want(t, kim, `42["presence:joining","presence-nobody",{"user_id":"","user_info":"not JSON","socketId":"`+convention.Alias(madang.ConnID(other.id))+`"}]`)
}

// Who is on another node is there as well, and comes and goes once.
func TestPresenceAcrossNodes(t *testing.T) {
	const room = "presence-room"
	nodes := startAll(t, 2, options{})
	known := make(chan bool, 9)
	l, err := nodes[1].hub.Listen(t.Context(), madang.Channel{App: "app", Name: room}, func(*madang.Event) { known <- true })
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	kim := nodes[0].connect(t, v4, "kim")
	kim.subscribe(room)
	want(t, kim, here(room, member("kim", kim.id)))
	<-known // to the other node: else it would be told to whoever comes there now
	tab := nodes[1].connect(t, v4, "kim")
	tab.subscribe(room)
	want(t, tab, here(room, member("kim", tab.id)))
	lee := nodes[1].connect(t, v3, "lee")
	lee.subscribe(room)
	want(t, lee, here(room, member("lee", lee.id), member("kim", tab.id)))
	for _, c := range []*client{kim, tab} {
		want(t, c, joining(room, member("lee", lee.id)))
	}
	lee.whisper(room, "client-typing", `{"on":true}`)
	for _, c := range []*client{kim, tab} {
		want(t, c, `42["client-typing","presence-room",{"on":true}]`)
	}
	kim.away(t)
	tab.unsubscribe(room)
	want(t, lee, leaving(room, "kim"))
}

func TestPresenceLimits(t *testing.T) {
	n := start(t, options{rules: &madang.Rules{MaxMembers: 2, MaxMember: 40}})
	const room = "presence-room"
	kim := n.connect(t, v4, "kim").joined(t, room)
	lee := n.connect(t, v4, "lee").joined(t, room)
	third := n.connect(t, v4, "7")
	third.subscribe(room)
	want(t, third, `42["subscription_error","presence-room",429]`)
	n.connect(t, v4, "kim").joined(t, room) // one more of somebody who is there
	long := n.connect(t, v4, strings.Repeat("x", 30))
	long.subscribe("presence-other")
	want(t, long, `42["subscription_error","presence-other",400]`)
	if third.in(room) || long.in("presence-other") {
		t.Error("somebody listens who was refused")
	}
	want(t, kim, joining(room, member("lee", lee.id)))
	lee.unsubscribe(room)
	want(t, kim, leaving(room, "lee"))
	third.joined(t, room)
}

// Many come and go at the same time. In the end everybody who stays has been told of everybody who stays: by the first
// list or by what came after it.
func TestPresenceUnderChurn(t *testing.T) {
	for _, recovers := range []bool{false, true} {
		t.Run(fmt.Sprint("recovery ", recovers), func(t *testing.T) {
			o := options{}
			if recovers {
				o.change = recovering
			}
			n := start(t, o)
			const room, users = "presence-room", 12
			var stay, leave []*client
			for i := range users {
				stay = append(stay, n.connect(t, v4, fmt.Sprintf("stays%d", i)))
				leave = append(leave, n.connect(t, v4, fmt.Sprintf("goes%d", i)))
			}
			for i := range users {
				leave[i].subscribe(room)
				stay[i].subscribe(room)
				leave[i].unsubscribe(room)
			}
			for _, c := range stay {
				seen := map[string]bool{}
				for !onlyThoseWhoStay(seen, users) {
					told(seen, c.Next(t))
				}
			}
		})
	}
}

func onlyThoseWhoStay(seen map[string]bool, users int) bool {
	for u := range seen {
		if !strings.HasPrefix(u, "stays") {
			return false
		}
	}
	return len(seen) == users
}

// told does to a set of users what a page does when it is told of them.
func told(seen map[string]bool, packet string) {
	users := strings.Split(packet, `"user_id":"`)[1:]
	for i := range users {
		users[i], _, _ = strings.Cut(users[i], `"`)
	}
	switch {
	case strings.HasPrefix(packet, `42["presence:subscribed"`):
		clear(seen)
		fallthrough
	case strings.HasPrefix(packet, `42["presence:joining"`):
		for _, u := range users {
			seen[u] = true
		}
	case strings.HasPrefix(packet, `42["presence:leaving"`):
		delete(seen, users[0])
	}
}
