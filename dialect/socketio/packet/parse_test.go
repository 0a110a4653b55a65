package packet_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"madang/dialect/socketio/packet"
)

func TestParse(t *testing.T) {
	for in, want := range map[string]packet.Packet{
		`0`:                      {Type: packet.Connect, Namespace: "/"},
		`0/admin?token=a%2Cb&c,`: {Type: packet.Connect, Namespace: "/admin", Query: "token=a%2Cb&c"},
		`0/?a=b`:                 {Type: packet.Connect, Namespace: "/", Query: "a=b"},
		`0/a,{"b":1}`:            {Type: packet.Connect, Namespace: "/a", Data: []byte(`{"b":1}`)},
		`1/a,`:                   {Type: packet.Disconnect, Namespace: "/a"},
		`2/a?b,["c"]`:            {Type: packet.Event, Namespace: "/a?b", Data: []byte(`["c"]`)},
		`20["c"]`:                {Type: packet.Event, Namespace: "/", HasID: true, Data: []byte(`["c"]`)},
		`218446744073709551615["a", 12345678901234567890,"\ud800"]`: {Type: packet.Event, Namespace: "/", HasID: true, ID: 1<<64 - 1,
			Data: []byte(`["a", 12345678901234567890,"\ud800"]`)},
		`610-/a,7[]`: {Type: packet.BinaryAck, Namespace: "/a", Attachments: 10, HasID: true, ID: 7, Data: []byte(`[]`)},
	} {
		got, err := packet.Parse([]byte(in), packet.Limits{})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v; want %+v", in, got, err, want)
		}
	}
}

func TestParseLimits(t *testing.T) {
	deep := func(n int) string { return `2["a",` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + `]` }
	for _, c := range []struct {
		in  string
		lim packet.Limits
		ok  bool
	}{
		{`510-["a"]`, packet.Limits{}, true},
		{`511-["a"]`, packet.Limits{}, false},
		{`511-["a"]`, packet.Limits{MaxAttachments: 11}, true},
		{`51-["a"]`, packet.Limits{MaxAttachments: -1}, false},
		{`518446744073709551617-["a"]`, packet.Limits{}, false}, // 2^64+1
		{deep(packet.DefaultMaxDepth), packet.Limits{}, true},
		{deep(packet.DefaultMaxDepth + 1), packet.Limits{}, false},
		{deep(3), packet.Limits{MaxDepth: 3}, true},
		{deep(4), packet.Limits{MaxDepth: 3}, false},
		{`2["[[[[","]\"[[[[{{{"]`, packet.Limits{MaxDepth: 1}, true},
		{"2[\"a\xff\"]", packet.Limits{}, false},
		{"2[\"a\xed\xa0\x80\"]", packet.Limits{}, false},
		{"0/a\xff,", packet.Limits{}, false},
	} {
		_, err := packet.Parse([]byte(c.in), c.lim)
		if (err == nil) != c.ok || err != nil && !errors.Is(err, packet.ErrMalformed) {
			t.Errorf("%.40q %+v: %v", c.in, c.lim, err)
		}
	}
}

func TestParserRemembersNamespace(t *testing.T) {
	var ps packet.Parser
	in := []byte(`2/orders,["a"]`)
	parse := func(in []byte) packet.Packet {
		p, err := ps.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if got := parse(in).Namespace; got != "/orders" {
		t.Errorf("got %q", got)
	}
	if n := testing.AllocsPerRun(1000, func() { parse(in) }); n != 0 {
		t.Errorf("%v allocations in the namespace that was there before", n)
	}
	first := parse(in)
	copy(in, `2/olders`)
	if got := parse(in).Namespace; got != "/olders" || first.Namespace != "/orders" {
		t.Errorf("got %q and %q: the namespace aliases the input", got, first.Namespace)
	}
	if got := parse([]byte(`2["a"]`)).Namespace; got != "/" {
		t.Errorf("got %q", got)
	}
}

func TestAppend(t *testing.T) {
	for want, p := range map[string]packet.Packet{
		`x0`:                        {},
		`x0/?a=b,`:                  {Query: "a=b"},
		`x0/a?b=c,`:                 {Namespace: "/a", Query: "b=c"},
		`x2/a,["b"]`:                {Type: packet.Event, Namespace: "/a", Query: "b=c", Data: []byte(`["b"]`)},
		`x63-/a,0[]`:                {Type: packet.BinaryAck, Namespace: "/a", Attachments: 3, HasID: true, Data: []byte(`[]`)},
		`x44"no"`:                   {Type: packet.ConnectError, Namespace: "/", HasID: true, ID: 4, Data: []byte(`"no"`)},
		`x1/관리,`:                    {Type: packet.Disconnect, Namespace: "/관리"},
		`x318446744073709551615[1]`: {Type: packet.Ack, HasID: true, ID: 1<<64 - 1, Data: []byte(`[1]`)},
	} {
		if got := string(p.Append([]byte("x"))); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestTypes(t *testing.T) {
	for _, c := range []struct {
		typ         packet.Type
		name        string
		binary      bool
		plain, with packet.Type
	}{
		{packet.Connect, "CONNECT", false, packet.Connect, packet.Connect},
		{packet.Disconnect, "DISCONNECT", false, packet.Disconnect, packet.Disconnect},
		{packet.Event, "EVENT", false, packet.Event, packet.BinaryEvent},
		{packet.Ack, "ACK", false, packet.Ack, packet.BinaryAck},
		{packet.ConnectError, "CONNECT_ERROR", false, packet.ConnectError, packet.ConnectError},
		{packet.BinaryEvent, "BINARY_EVENT", true, packet.Event, packet.BinaryEvent},
		{packet.BinaryAck, "BINARY_ACK", true, packet.Ack, packet.BinaryAck},
		{7, "packet type 7", false, 7, 7},
	} {
		if c.typ.String() != c.name || c.typ.Binary() != c.binary || c.typ.Plain() != c.plain ||
			c.typ.With(1) != c.with || c.typ.With(0) != c.plain {
			t.Errorf("%v: binary %v, plain %v, with %v, without %v", c.typ, c.typ.Binary(), c.typ.Plain(), c.typ.With(1), c.typ.With(0))
		}
	}
}
