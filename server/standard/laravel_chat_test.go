//go:build unix

package standard_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"madang/chat"
)

// pusherApps is a configuration with an app that Pusher's clients know.
const pusherApps = "apps: [{id: app1, keys: [{name: page-key, secret: page-secret}], echo_key: post-key}]\n"

const chatSent = `App\Events\ChatMessageSent`

// pageKinds opens a page of each kind for the holder of a token.
func pageKinds(t *testing.T, server string, who person) map[string]*pageClient {
	t.Helper()
	return map[string]*pageClient{
		"echo 2": echoPage(t, server, who.token, 3), "echo 4": echoPage(t, server, who.token, 4),
		"pusher": pusherPage(t, server, who.token, "page-key"),
	}
}

// enter subscribes to a room's two channels, the presence channel last, and returns the ids of who is there.
func (c *pageClient) enter(room string) []string {
	c.t.Helper()
	private, presence := "private-chat."+room, "presence-chat."+room
	c.subscribe(private)
	c.subscribe(presence)
	var ids []string
	if c.pusher != "" {
		c.await(private, "pusher_internal:subscription_succeeded")
		var list struct{ Presence struct{ IDs []string } }
		mustDecode(c.t, c.await(presence, "pusher_internal:subscription_succeeded").data, &list)
		ids = list.Presence.IDs
	} else {
		var list []struct {
			UserID string `json:"user_id"`
		}
		mustDecode(c.t, c.await(presence, "presence:subscribed").data, &list)
		for _, m := range list {
			ids = append(ids, m.UserID)
		}
		// Channels are asked for beside each other; an answer says that the other one has been decided.
		c.subscribe(private)
		c.subscribe("private-nobodys")
		c.await("private-nobodys", "subscription_error")
	}
	slices.Sort(ids)
	return ids
}

func mustDecode(t *testing.T, data []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
}

// A heardRoom is a room of the built-in chat with two members, both of whom have pages of every kind open.
type heardRoom struct {
	t                 *testing.T
	url, id           string
	private, presence string
	ann, bob          person
	anns, bobs        map[string]*pageClient
}

// TestChatHeardByEcho has the built-in chat heard by pages that know nothing of it, with this server's own token.
func TestChatHeardByEcho(t *testing.T) {
	dir := t.TempDir()
	configure(t, dir, pusherApps)
	p := serve(t, dir, nil)
	ann, bob := someone(t, "ann", time.Hour), someone(t, "bob", time.Hour)
	id := room(t, p.url, ann, bob)
	r := &heardRoom{t: t, url: p.url, id: id, private: "private-chat." + id, presence: "presence-chat." + id, ann: ann, bob: bob}
	r.come()
	r.keepOut(someone(t, "eve", time.Hour))
	r.hear()
	r.toOthers()
	r.byRequest()
	r.remove()
	p.stop(t)
}

// come opens the pages: everybody is there once, however many clients they have, in all lists alike.
func (r *heardRoom) come() {
	r.bobs = pageKinds(r.t, r.url, r.bob)
	for kind, c := range r.bobs {
		if ids := c.enter(r.id); !slices.Equal(ids, []string{"bob"}) {
			r.t.Errorf("%s: there are %v", kind, ids)
		}
	}
	r.anns = pageKinds(r.t, r.url, r.ann)
	for kind, c := range r.anns {
		if ids := c.enter(r.id); !slices.Equal(ids, []string{"ann", "bob"}) {
			r.t.Errorf("%s: there are %v", kind, ids)
		}
	}
	for kind, c := range r.bobs {
		name := "presence:joining"
		if kind == "pusher" {
			name = "pusher_internal:member_added"
		}
		if s := c.await(r.presence, name); !strings.Contains(string(s.data), `"user_id":"ann"`) {
			r.t.Errorf("%s: %s", kind, s)
		}
	}
}

// keepOut shows that who is no member is let in by nobody.
func (r *heardRoom) keepOut(who person) {
	for kind, c := range pageKinds(r.t, r.url, who) {
		if kind == "pusher" {
			if status, text := c.authorize(r.private); status != http.StatusForbidden {
				r.t.Errorf("%s: %d %s", kind, status, text)
			}
			continue
		}
		c.subscribe(r.private)
		if s := c.next(); s.String() != r.private+" subscription_error 403" {
			r.t.Errorf("%s: %s", kind, s)
		}
	}
}

// everybody returns all pages.
func (r *heardRoom) everybody() map[string]*pageClient {
	both := map[string]*pageClient{}
	for kind, c := range r.bobs {
		both["bob's "+kind] = c
	}
	for kind, c := range r.anns {
		both["ann's "+kind] = c
	}
	return both
}

// hear sends a message, of which every page hears the same bytes.
func (r *heardRoom) hear() {
	const text = "안녕 <b>😀"
	r.send(text, "")
	var first string
	for kind, c := range r.everybody() {
		data := c.await(r.private, chatSent).data
		var e chat.EchoEvent
		var m chat.MessageView
		mustDecode(r.t, data, &e)
		mustDecode(r.t, e.Message, &m)
		first = cmp.Or(first, string(data))
		if string(data) != first || e.Room != r.id || e.User == nil || e.User.ID != "ann" || m.Text != text {
			r.t.Errorf("%s: heard %s, another %s", kind, data, first)
		}
	}
}

// toOthers names the sender's own page, which does not hear the message.
func (r *heardRoom) toOthers() {
	for kind, sender := range r.anns {
		text := "to others than " + kind
		r.send(text, sender.id)
		r.send("then", "")
		for other, c := range r.everybody() {
			heard := string(c.await(r.private, chatSent).data)
			if c != sender {
				if !strings.Contains(heard, text) {
					r.t.Errorf("%s: %s heard %s", text, other, heard)
				}
				heard = string(c.await(r.private, chatSent).data)
			}
			if !strings.Contains(heard, `"then"`) {
				r.t.Errorf("then, %s: %s heard %s", text, other, heard)
			}
		}
	}
}

// byRequest publishes as a page of laravel-echo-server's does: all hear it but the sender, and chat does not keep it.
func (r *heardRoom) byRequest() {
	for kind, sender := range r.anns {
		data := fmt.Sprintf(`{"room":%q,"payload":{"text":%q,"n":1.50}}`, r.id, kind)
		body := fmt.Sprintf(`{"channel":%q,"name":"App\\Events\\ChatMessageSent","data":%s,"socket_id":%q}`, r.private, data, sender.id)
		if status, _, text := post(r.t, r.url+"/apps/app1/events?auth_key=post-key", body); status != 200 || text != `{"message":"ok"}` {
			r.t.Fatalf("%d %s", status, text)
		}
		for other, c := range r.everybody() {
			if c == sender {
				continue
			}
			if s := c.await(r.private, chatSent); string(s.data) != data {
				r.t.Errorf("%s heard %s, not %s", other, s, data)
			}
		}
	}
	if kept := r.bob.history(r.t, r.url, r.id, 0); len(kept) != 1+2*len(r.anns) {
		r.t.Errorf("%d messages are kept", len(kept))
	}
}

// remove ends bob's membership: he hears nothing more, whatever he listens with, and the others see him go.
func (r *heardRoom) remove() {
	r.ann.ask(r.t, r.url, http.MethodDelete, "/v1/rooms/"+r.id+"/members/bob", nil, nil)
	r.send("without bob", "")
	for kind, c := range r.anns {
		name := "presence:leaving"
		if kind == "pusher" {
			name = "pusher_internal:member_removed"
		}
		c.await(r.presence, name)
		for !strings.Contains(string(c.await(r.private, chatSent).data), "without bob") {
		}
	}
	for kind, c := range r.bobs {
		name := "subscription_error"
		if kind == "pusher" {
			name = "pusher:subscription_error"
		}
		told := []string{c.awaitAny(name), c.awaitAny(name)}
		slices.Sort(told)
		if !slices.Equal(told, []string{r.presence, r.private}) {
			r.t.Errorf("%s: told of %v", kind, told)
		}
		c.subscribe("public") // what is heard of the room would have come before the next answer
		if kind == "pusher" {
			c.await("public", "pusher_internal:subscription_succeeded")
		} else {
			c.subscribe("private-nobodys")
			c.await("private-nobodys", "subscription_error")
		}
		for _, s := range c.all() {
			if strings.Contains(string(s.data), "without bob") {
				r.t.Errorf("%s still heard %s", kind, s)
			}
		}
	}
}

// awaitAny waits for an event of a name in any channel and returns the channel.
func (c *pageClient) awaitAny(name string) string {
	c.t.Helper()
	for {
		if s := c.next(); s.name == name {
			return s.channel
		}
	}
}

// send has ann say something, from the page with an id, or from none.
func (r *heardRoom) send(text, socket string) {
	r.t.Helper()
	body := strings.NewReader(jsonText(r.t, map[string]string{"text": text}))
	q, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url+"/v1/rooms/"+r.id+"/messages", body)
	if err != nil {
		r.t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+r.ann.token)
	q.Header.Set("Content-Type", "application/json")
	if socket != "" {
		q.Header.Set("X-Socket-ID", socket)
	}
	if a, err := do(q); err != nil || a.status != http.StatusCreated {
		r.t.Fatalf("%d %s %v", a.status, a.body, err)
	}
}
