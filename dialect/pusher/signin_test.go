package pusher_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/internal/convention"
)

func signed(p *peer, userData string) string {
	b, _ := json.Marshal(map[string]string{"auth": p.userAuth(userData), "user_data": userData})
	return `{"event":"pusher:signin_success","data":` + string(b) + `}`
}

func watched(events string) string {
	b, _ := json.Marshal(`{"events":[` + events + `]}`)
	return `{"event":"pusher_internal:watchlist_events","data":` + string(b) + `}`
}

func unauthorized(text string) string {
	return `{"event":"pusher:error","data":{"code":4009,"message":"` + text + `"}}`
}

func TestSignin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := start(t, 2, nil)
		p, q := nodes[0].dial(t, "main"), nodes[1].dial(t, "main")
		const ann = `{"id":"ann","user_info":{"name":"Ann"}}`
		want(t, "sign in", p.signin(ann), signed(p, ann))
		want(t, "the own channel", p.subscribe("#server-to-user-ann", ""), succeeded("#server-to-user-ann"))
		nodes[1].publish(t, "main", "#server-to-user-ann", "hello", `{"x":1}`)
		want(t, "what is sent to the user", p.heard(), `{"event":"hello","channel":"#server-to-user-ann","data":"{\"x\":1}"}`)
		want(t, "again", p.signin(ann), signed(p, ann))
		nodes[1].publish(t, "main", "#server-to-user-ann", "hello", "once")
		want(t, "once", p.heard(), `{"event":"hello","channel":"#server-to-user-ann","data":"once"}`)
		want(t, "as somebody else", p.signin(`{"id":"bob"}`), unauthorized("The connection is signed in as another user; connect anew to change that."))
		if err := nodes[1].hub.Disconnect(t.Context(), madang.Audience{In: []madang.Channel{madang.UserChannel("main", "ann")}}, madang.CloseDenied); err != nil {
			t.Fatal(err)
		}
		want(t, "terminated", p.heard(), "end 4009")
		want(t, "nobody else is", q.heard())
	})
}

func TestSigninIsRefused(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		p := n.dial(t, "main")
		say := func(auth, data string) []string {
			b, _ := json.Marshal(map[string]any{"event": "pusher:signin", "data": map[string]string{"auth": auth, "user_data": data}})
			return p.say(string(b))
		}
		const ann = `{"id":"ann"}`
		wrong := unauthorized("The signature of user_data is wrong.")
		want(t, "nonsense", say("x", ann), wrong)
		want(t, "for other data", say(p.userAuth(ann), `{"id":"bob"}`), wrong)
		want(t, "a channel's signature", say(p.sign("private-user", ann), ann), wrong)
		other := n.dial(t, "main")
		want(t, "another connection's", say(other.userAuth(ann), ann), wrong)
		want(t, "another app's", say("quiet-key:"+convention.Sign("quiet-secret", convention.UserText(p.id, ann)), ann), wrong)
		badID := unauthorized("user_data.id must be a string of 1 to 128 bytes.")
		for _, data := range []string{`{"id":1}`, `{"id":""}`, `{}`, `[]`, `nonsense`, `{"id":"` + strings.Repeat("x", 129) + `"}`} {
			want(t, data, p.signin(data), badID)
		}
		refused := `{"event":"pusher:subscription_error","channel":"#server-to-user-ann","data":{"type":"AuthError","error":"The connection is unauthorized.","status":401}}`
		want(t, "somebody's channel", p.subscribe("#server-to-user-ann", ""), refused)
		p.signin(`{"id":"bob"}`)
		want(t, "somebody else's channel", p.subscribe("#server-to-user-ann", ""), refused)
		n.publish(t, "main", "#server-to-user-ann", "secret", "1")
		want(t, "nothing is heard", p.heard())
	})
}

// pusher-js since 7.4: who has signed in joins a presence channel as that user, without channel_data.
func TestPresenceOfSignedInUsers(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		p := n.dial(t, "main")
		p.signin(`{"id":"ann","user_info":{"name":"Ann"}}`)
		want(t, "as signed in", p.subscribe("presence-x", ""), present("presence-x", `"ann"`, `"ann":{"name":"Ann"}`, 1))
		want(t, "as somebody else", p.subscribe("presence-y", `{"user_id":2}`), present("presence-y", `2`, `"2":{}`, 1))
	})
}

func TestWatchlist(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := start(t, 2, nil)
		bob1 := nodes[0].dial(t, "main")
		bob1.signin(`{"id":"bob"}`)
		w := nodes[1].dial(t, "main")
		data := `{"id":"ann","watchlist":["bob","cho","bob",""]}`
		want(t, "who is there now", w.signin(data), signed(w, data), watched(`{"name":"online","user_ids":["bob"]},{"name":"offline","user_ids":["cho"]}`))
		bob2 := nodes[1].dial(t, "main")
		bob2.signin(`{"id":"bob"}`)
		want(t, "a second tab", w.heard())
		_ = bob1.Close()
		want(t, "the first one goes", w.heard())
		_ = bob2.Close()
		want(t, "the last one goes", w.heard(), watched(`{"name":"offline","user_ids":["bob"]}`))
		cho := nodes[0].dial(t, "main")
		cho.signin(`{"id":"cho"}`)
		want(t, "another one comes", w.heard(), watched(`{"name":"online","user_ids":["cho"]}`))
		other := nodes[0].dial(t, "quiet")
		other.signin(`{"id":"bob"}`)
		want(t, "of another app", w.heard())
	})
}

func TestLongWatchlist(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		ids := func(n int) string {
			var all []string
			for i := range n {
				all = append(all, fmt.Sprintf(`"u%d"`, i))
			}
			return `{"id":"ann","watchlist":[` + strings.Join(all, ",") + `]}`
		}
		p := n.dial(t, "main")
		want(t, "101", p.signin(ids(101)), signed(p, ids(101)), `{"event":"pusher:error","data":{"code":4302,"message":"The watchlist has more than 100 users and was not taken."}}`)
		q := n.dial(t, "main")
		q.signin(`{"id":"u1"}`)
		want(t, "nobody is watched", p.heard())
		r := n.dial(t, "main")
		if got := r.signin(ids(100)); len(got) != 2 || !strings.Contains(got[1], `online\",\"user_ids\":[\"u1\"]`) {
			t.Errorf("100: %q", got)
		}
	})
}

// A dead node's users go offline, and leave the presence channels.
func TestDeadNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes, kill := startMortal(t, 2)
		a, b := nodes[0].dial(t, "main"), nodes[1].dial(t, "main")
		b.signin(`{"id":"bob"}`)
		b.subscribe("presence-x", `{"user_id":"b"}`)
		a.signin(`{"id":"ann","watchlist":["bob"]}`)
		a.subscribe("presence-x", `{"user_id":"a"}`)
		kill(1)
		time.Sleep(20 * time.Second)
		got := a.heard()
		if len(got) != 2 || got[0] == got[1] {
			t.Fatalf("after a node has died: %q", got)
		}
		for _, line := range got {
			if line != removed("presence-x", `{"user_id":"b"}`) && line != watched(`{"name":"offline","user_ids":["bob"]}`) {
				t.Errorf("%s", line)
			}
		}
	})
}
