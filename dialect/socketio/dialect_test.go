package socketio

import (
	"fmt"
	"testing"

	"madang"
	"madang/dialect/socketio/engineio"
	"madang/madangtest"
)

// framed is a Shape for the contract's test.
type framed struct{}

func (framed) Message(dst []byte, m *madang.Message) []byte {
	return AppendData(append(AppendString(append(AppendString(dst, m.Name), ','), m.Channel.Name), ",1"...), m)
}

func (framed) Presence(dst []byte, e *madang.Event) []byte {
	if e.Member == nil {
		return dst
	}
	return AppendString(dst, e.Member.User)
}

// What the hub demands of every dialect, for each of those that sockets have.
func TestContract(t *testing.T) {
	for _, version := range []engineio.Version{engineio.V3, engineio.V4} {
		for _, d := range []dialect{
			{version: version, namespace: "/"},
			{version: version, namespace: "/chat", shape: framed{}},
		} {
			t.Run(fmt.Sprintf("%d%s%v", version, d.namespace, d.shape), func(t *testing.T) {
				madangtest.TestDialect(t, func(*testing.T) madang.Dialect { return d })
			})
		}
	}
}

// Sockets that can be recovered have a dialect that writes down what it encodes. It is not asked whether it keeps
// anything: that is what it is for.
func TestOddEventsOfRecoverableSockets(t *testing.T) {
	hub := madang.New(madang.Config{})
	s, err := New(hub, Defaults(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	rec := newRecorder(s, Recovery{MaxDisconnectionDuration: 1, MaxBytes: 1 << 20})
	d := recoverable{dialect{version: engineio.V4, namespace: "/", shape: framed{}}, rec}
	c := madang.Channel{Name: "room"}
	for _, e := range []*madang.Event{
		{Kind: madang.EnterEvent, Channel: c, Member: &madang.Member{User: "u"}, Stamp: 5},
		{Kind: 200, Channel: c, Stamp: 6},
		{Kind: madang.LeaveEvent, Channel: madang.Channel{Name: "$sio/"}, Member: &madang.Member{User: "u"}, Stamp: 7},
	} {
		d.Lock()
		if _, err := d.Encode(nil, e); err != nil {
			t.Error(err)
		}
		d.Unlock()
	}
	if len(rec.records) != 1 || rec.records[0].stamp != 5 {
		t.Errorf("recorded %+v", rec.records)
	}
}
