package madang_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/madangtest"
)

// Who subscribes with a grant that names a member may enter as that member, whatever else it says, and see the others;
// who subscribes without, or not at all, may not.
func TestGrantedMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signed := madang.PolicyFunc(func(_ context.Context, r madang.AccessRequest) (*madang.Grant, error) {
			switch {
			case r.Action != madang.ActSubscribe:
				return nil, nil
			case r.Proof == nil:
				return &madang.Grant{}, nil
			}
			return &madang.Grant{Member: &madang.Member{User: "7", RawUser: []byte("7"), Data: r.Proof.Data}}, nil
		})
		h := madangtest.NewCluster(t, 1, madang.Config{Policies: []madang.Policy{signed}})[0]
		room := madang.Channel{Name: "presence-room"}
		_, c := connect(t, h, user(""), wordy{})
		_, other := connect(t, h, user(""), wordy{})
		if _, err := other.Subscribe(t.Context(), room, madang.SubscribeOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := c.Enter(t.Context(), room, nil, madang.JSON); !errors.Is(err, madang.ErrForbidden) {
			t.Fatalf("entered without a subscription: %v", err)
		}
		if _, err := c.Subscribe(t.Context(), room, madang.SubscribeOptions{Proof: &madang.Proof{Data: []byte(`{"name":"kim"}`)}}); err != nil {
			t.Fatal(err)
		}
		if err := c.Enter(t.Context(), room, []byte(`"somebody else"`), madang.JSON); err != nil {
			t.Fatal(err)
		}
		all, err := c.Members(t.Context(), room)
		if err != nil || len(all) != 1 {
			t.Fatalf("%v, %v", all, err)
		}
		m := all[0]
		if m.User != "7" || string(m.RawUser) != "7" || string(m.Data) != `{"name":"kim"}` || m.Conn != c.ID() || m.Since.IsZero() {
			t.Fatalf("entered as %+v", m)
		}
		if _, err := other.Members(t.Context(), room); !errors.Is(err, madang.ErrForbidden) {
			t.Fatalf("sees members without a grant: %v", err)
		}
		if err := other.Enter(t.Context(), room, nil, madang.JSON); !errors.Is(err, madang.ErrForbidden) {
			t.Fatalf("entered without a grant: %v", err)
		}
		c.Unsubscribe(room)
		if _, err := c.Members(t.Context(), room); !errors.Is(err, madang.ErrForbidden) {
			t.Fatalf("sees members after it left: %v", err)
		}
	})
}

// Who wants to hear of others is not told what it does itself, whatever the kind; who does not say so is told everything.
func TestOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := madangtest.NewCluster(t, 1, madang.Config{Policies: yes()})[0]
		room := madang.Channel{Name: "room"}
		a, alice := connect(t, h, user("alice"), wordy{})
		b, bob := connect(t, h, user("bob"), wordy{})
		sub(t, alice, madang.Everything|madang.Others, "room")
		sub(t, bob, madang.Everything, "room")
		for _, c := range []*madang.Conn{alice, bob} {
			for _, data := range []string{"1", "2"} {
				if err := c.Enter(t.Context(), room, []byte(data), madang.JSON); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := alice.Leave(t.Context(), room); err != nil {
			t.Fatal(err)
		}
		if _, err := alice.Publish(t.Context(), &madang.Message{Channel: room, Data: []byte("hello")}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got, want := a.text(), "enter bob true 1,update bob 2,hello"; got != want {
			t.Errorf("alice heard %s", got)
		}
		if got, want := b.text(), "enter alice true 1,update alice 2,enter bob true 1,update bob 2,leave alice true,hello"; got != want {
			t.Errorf("bob heard %s", got)
		}
	})
}

// A connection that takes the place of another has its subscriptions with what they wanted and were granted, and without
// anybody asking; what ends with time ends when it would have.
func TestResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		policy := madang.PolicyFunc(func(_ context.Context, r madang.AccessRequest) (*madang.Grant, error) {
			asked++
			return &madang.Grant{Member: &madang.Member{User: "7"}, Expires: time.Now().Add(time.Minute)}, nil
		})
		h := madangtest.NewCluster(t, 1, madang.Config{Policies: []madang.Policy{policy}})[0]
		room := madang.Channel{Name: "room"}
		_, c := connect(t, h, user(""), wordy{})
		was, err := c.Subscribe(t.Context(), room, madang.SubscribeOptions{Mask: madang.Presences | madang.Others})
		if err != nil {
			t.Fatal(err)
		}
		c.Close(madang.CloseGone)
		time.Sleep(20 * time.Second)
		link, again := connect(t, h, user(""), wordy{})
		s, err := h.Resume(t.Context(), again, was.Standing())
		if err != nil {
			t.Fatal(err)
		}
		s.Open()
		if err := again.Enter(t.Context(), room, nil, madang.JSON); err != nil || asked != 1 {
			t.Fatalf("%v, and policies were asked %d times", err, asked)
		}
		if _, err := h.Publish(t.Context(), &madang.Message{Channel: room, Data: []byte("no message was wanted")}); err != nil {
			t.Fatal(err)
		}
		_, other := connect(t, h, user(""), wordy{})
		if err := h.Enter(t.Context(), other, room, nil, madang.JSON); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if s.Mask() != was.Mask() || link.text() != "enter  true " {
			t.Errorf("mask %b, heard %s", s.Mask(), link.text())
		}
		time.Sleep(41 * time.Second)
		if len(again.Subscriptions()) != 0 {
			t.Error("it has outlived its grant")
		}
	})
}

// A connection may be in a presence set as somebody else than its principal, and have parting words.
func TestEnterAsLeaveAs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := madangtest.NewCluster(t, 1, madang.Config{})[0]
		room := madang.Channel{Name: "room"}
		var told []madang.Event
		listener, err := h.Listen(t.Context(), room, func(e *madang.Event) { told = append(told, *e) })
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		_, c := connect(t, h, user("bus"), wordy{})
		if err := h.EnterAs(t.Context(), c, room, madang.Member{User: "guest", Data: []byte("in"), Extras: []byte("{}"), Conn: "9.9"}); err != nil {
			t.Fatal(err)
		}
		err = h.LeaveAs(t.Context(), c, room, func(m *madang.Member) { m.Data, m.Extras = []byte("out"), nil })
		if err != nil {
			t.Fatal(err)
		}
		if err := h.LeaveAs(t.Context(), c, room, nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if len(told) != 2 {
			t.Fatalf("told of %+v", told)
		}
		in, out := told[0].Member, told[1].Member
		if in.User != "guest" || string(in.Data) != "in" || string(in.Extras) != "{}" || in.Conn != c.ID() {
			t.Errorf("entered as %+v", in)
		}
		if out.User != "guest" || string(out.Data) != "out" || out.Extras != nil || out.Conn != c.ID() {
			t.Errorf("left as %+v", out)
		}
	})
}

// Who changes what it wants gets from then on what it wants, the common case of one channel with messages alone included.
func TestSetMask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := madangtest.NewCluster(t, 1, madang.Config{Policies: yes()})[0]
		room := madang.Channel{Name: "room"}
		link, c := connect(t, h, user("a"), wordy{})
		sub(t, c, madang.Presences, "room")
		_, other := connect(t, h, user("b"), wordy{})
		tell := func(text string) {
			publish(t, h, "room", text, "")
			if err := h.Enter(t.Context(), other, room, []byte(text), madang.JSON); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		tell("1")
		c.Subscriptions()[0].SetMask(madang.Messages)
		tell("2")
		c.Subscriptions()[0].SetMask(madang.Everything)
		tell("3")
		if got, want := link.text(), "enter b true 1,2,3,update b 3"; got != want {
			t.Errorf("heard %s", got)
		}
	})
}
