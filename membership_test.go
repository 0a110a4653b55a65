package madang_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

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
