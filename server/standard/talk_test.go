//go:build unix

package standard_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"madang/chat"
)

// What clients read in events; the fields of those that are not asked for are left out.
type (
	unreadEvent   struct{ Unread, Total int64 }
	readEvent     struct{ User, Room string }
	presenceEvent struct {
		User     string
		Online   bool
		LastSeen *time.Time `json:"last_seen"`
	}
)

// TestTwoPeople is the main job: a room, messages, who is online, what is unread, and all of it again after a restart.
func TestTwoPeople(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, "")
	p := serve(t, dir, nil)
	ann, bob := someone(t, "ann", time.Hour), someone(t, "bob", time.Hour)
	a, b := ann.join(t, p.url), bob.join(t, p.url)
	id := room(t, p.url, ann, bob)
	hear(t, b, "room.added", func(r chat.RoomView) bool { return r.ID == id && r.Name == "방" })

	var sent chat.Sent
	a.must(t, "sendMessage", map[string]any{"room": id, "message": "안녕하세요 😀", "sender": "bob"}, &sent)
	if sent.Seq != 1 || sent.Sender != "ann" {
		t.Errorf("acknowledged %+v", sent)
	}
	m := hear(t, b, "message.created", func(m chat.MessageView) bool { return m.Room == id })
	if m.Seq != 1 || m.Text != "안녕하세요 😀" || m.Sender != "ann" || m.SenderName != "사람 ann" {
		t.Errorf("heard %+v", m)
	}
	hear(t, b, "unread", func(e unreadEvent) bool { return e.Unread == 1 && e.Total == 1 })
	bob.ask(t, p.url, http.MethodPut, "/v1/rooms/"+id+"/read", map[string]any{"seq": 1}, nil)
	hear(t, a, "read", func(e readEvent) bool { return e.User == "bob" && e.Room == id })
	hear(t, b, "unread", func(e unreadEvent) bool { return e.Unread == 0 && e.Total == 0 })

	bob.ask(t, p.url, http.MethodPost, "/v1/rooms/"+id+"/messages", map[string]any{"text": "네"}, nil)
	hear(t, a, "message.created", func(m chat.MessageView) bool { return m.Seq == 2 && m.Text == "네" })

	second := bob.join(t, p.url)
	b.leave(t)
	if !online(t, p.url, ann, id, "bob") {
		t.Error("bob is offline while he has a connection")
	}
	second.leave(t)
	hear(t, a, "presence", func(e presenceEvent) bool { return e.User == "bob" && !e.Online && e.LastSeen != nil })
	if online(t, p.url, ann, id, "bob") {
		t.Error("bob is online without a connection")
	}
	p.stop(t)

	p = serve(t, dir, nil)
	if all := bob.history(t, p.url, id, 0); len(all) != 2 || all[0].Text != "안녕하세요 😀" || all[1].Text != "네" {
		t.Errorf("after a restart there is %+v", all)
	}
	var unread chat.UnreadState
	if ann.ask(t, p.url, http.MethodGet, "/v1/unread", nil, &unread); unread.Total != 1 || unread.Rooms[id] != 1 {
		t.Errorf("ann's unread after a restart: %+v", unread)
	}
	if bob.ask(t, p.url, http.MethodGet, "/v1/unread", nil, &unread); unread.Total != 0 {
		t.Errorf("bob's unread after a restart: %+v", unread)
	}
	if online(t, p.url, ann, id, "ann") {
		t.Error("ann is online after a restart, before she has come back")
	}
	ann.join(t, p.url)
	if !online(t, p.url, bob, id, "ann") {
		t.Error("ann is not online after she has come back")
	}
}

// online reports whether the room's members, as who sees them, have user online.
func online(t *testing.T, url string, who person, room, user string) bool {
	t.Helper()
	var list struct{ Members []chat.MemberView }
	who.ask(t, url, http.MethodGet, "/v1/rooms/"+room+"/members", nil, &list)
	for _, m := range list.Members {
		if m.User == user {
			return m.Online
		}
	}
	t.Fatalf("%s is no member", user)
	return false
}

// TestMessageIsThereWhenItIsHeard asks for a room's messages at each message that is heard, as clients do that take the
// event as a hint only: the message must be among them.
func TestMessageIsThereWhenItIsHeard(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, "")
	p := serve(t, dir, nil)
	ann, bob, cho := someone(t, "ann", time.Hour), someone(t, "bob", time.Hour), someone(t, "cho", time.Hour)
	id := room(t, p.url, cho, ann, bob)
	const each = 100
	failed := make(chan error, 2)
	c := cho.join(t, p.url)
	for _, s := range []*socket{ann.join(t, p.url), bob.join(t, p.url)} {
		go func() {
			var err error
			for n := range each {
				err = errors.Join(err, s.call("sendMessage", map[string]any{"room": id, "message": fmt.Sprint(n)}, nil))
			}
			failed <- err
		}()
	}
	for seq := int64(1); seq <= 2*each; seq++ {
		hear(t, c, "message.created", func(m chat.MessageView) bool { return m.Seq == seq })
		var page chat.PageView
		cho.ask(t, p.url, http.MethodGet, "/rooms/"+id+"/message", nil, &page)
		if len(page.Messages) == 0 || page.Messages[len(page.Messages)-1].Seq < seq {
			t.Fatalf("message %d was heard and is not there", seq)
		}
	}
	for range 2 {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}
