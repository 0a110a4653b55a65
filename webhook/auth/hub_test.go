package auth

import (
	"errors"
	"testing"

	"madang"
)

// deaf is a link and a dialect: it takes everything and says nothing.
type deaf struct{}

func (deaf) Encode(dst []byte, _ *madang.Event) ([]byte, error) { return dst, nil }
func (deaf) Flush(b *madang.Batch) (int, error)                 { units, _ := b.Cut(len(b.Bytes())); return units, nil }
func (deaf) Farewell(madang.CloseReason) []byte                 { return nil }
func (deaf) Close(madang.CloseReason)                           {}
func (deaf) Disconnect(madang.CloseReason)                      {}
func (deaf) Closed(madang.CloseReason)                          {}

// A client of a real hub subscribes with its headers and enters as whom the backend says it is.
func TestPolicyInAHub(t *testing.T) {
	answers := asked{`{"channel_data":{"user_id":12345678901234567890,"user_info":{"name":"Kim"}}}`}
	p, _ := policyFor(t, configFor("http://a.test"), answers)
	h := madang.New(madang.Config{Policies: []madang.Policy{p}})
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Close() }()
	line, err := h.Open(deaf{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := line.Connect(t.Context(), madang.ConnRequest{Dialect: deaf{}, Principal: &madang.Principal{App: "app1"}, Owner: deaf{}})
	if err != nil {
		t.Fatal(err)
	}
	room := madang.Channel{App: "app1", Name: "presence-room"}
	if _, err := c.Subscribe(t.Context(), room, madang.SubscribeOptions{}); !errors.Is(err, madang.ErrForbidden) {
		t.Errorf("without headers: %v", err)
	}
	s, err := c.Subscribe(t.Context(), room, madang.SubscribeOptions{Proof: &madang.Proof{Header: map[string][]string{"Cookie": {"a=1"}}}})
	if err != nil {
		t.Fatal(err)
	}
	s.Open()
	if err := c.Enter(t.Context(), room, []byte(`"somebody else"`), madang.JSON); err != nil {
		t.Fatal(err)
	}
	all, err := c.Members(t.Context(), room)
	if err != nil || len(all) != 1 || all[0].User != "12345678901234567890" || string(all[0].RawUser) != all[0].User || string(all[0].Data) != `{"name":"Kim"}` {
		t.Errorf("%+v, %v", all, err)
	}
}
