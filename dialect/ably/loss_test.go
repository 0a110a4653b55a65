package ably_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/dialect/ably"
)

// lose makes the first of two nodes miss what f does, for good.
func lose(nodes []*node, f func()) {
	nodes[0].cluster.Cut(0)
	f()
	time.Sleep(second)
	nodes[0].cluster.Mend(0)
	synctest.Wait()
}

// Who is attached where something was lost is told so, with where the channel stands and who is there, and goes on.
func TestLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes, _ := start(t, 2, nil)
		p, other := nodes[0].dial(t, "clientId=kim"), nodes[1].dial(t, "clientId=lee")
		p.attach("room")
		p.attach("[?rewind=2]room")
		p.attach("calm")
		other.attach("room")
		nodes[1].publish(t, "1")
		wantTexts(t, "live", p.heard(), "1", "1")
		lose(nodes, func() {
			nodes[1].publish(t, "2")
			other.say(`{"action":14,"channel":"room","msgSerial":0,"presence":[{"action":2}]}`)
		})
		wantTexts(t, "not cut off", other.heard())
		got := p.heard()
		var names []string
		serial := ""
		for _, f := range got {
			switch f.num("action") {
			case 11:
				names = append(names, f.str("channel"))
				serial = f.str("channelSerial")
				if f.num("flags")&(resumed|backlog|hasPresence) != hasPresence || f.code() != 90005 || serial == "" {
					t.Errorf("told %v", f)
				}
			case 16:
				if all := f.list("presence"); len(all) != 1 || all[0].str("clientId") != "lee" {
					t.Errorf("present: %v", f)
				}
			default:
				t.Errorf("and %v", f)
			}
		}
		if slices.Sort(names); !slices.Equal(names, []string{"[?rewind=2]room", "room"}) || len(got) != 4 {
			t.Fatalf("told of %q in %v", names, got)
		}
		nodes[1].publish(t, "3")
		wantTexts(t, "live again", p.heard(), "3", "3")

		// It stands behind the loss now: coming back it is not told of it again.
		p.abort()
		again, _ := nodes[0].open(t, "v=6&key="+rootKey+"&clientId=kim&resume="+p.key)
		got = again.say(fmt.Sprintf(`{"action":10,"channel":"room","channelSerial":%q}`, serial))
		if got[0].num("flags")&resumed == 0 || got[0].code() != 0 {
			t.Errorf("attached again: %v", got[0])
		}
		wantTexts(t, "since", got, "3")
	})
}

// Who was away while something was lost hears of it when it attaches again, on whatever node.
func TestLossWhileAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes, _ := start(t, 2, nil)
		p := nodes[0].dial(t)
		at := p.attach("room").str("channelSerial")
		p.abort()
		lose(nodes, func() { nodes[1].publish(t, "1") })
		for i, n := range nodes { // the engine has kept what the node has missed
			again, _ := n.open(t, "v=6&key="+rootKey+"&resume="+p.key)
			got := again.say(fmt.Sprintf(`{"action":10,"channel":"room","channelSerial":%q}`, at))
			if got[0].num("flags")&resumed == 0 {
				t.Errorf("node %d: attached with %v", i, got[0])
			}
			wantTexts(t, "missed", got, "1")
		}
	})
}

// Who attaches or enters while the cluster does not answer waits; for ten seconds, and then has to connect anew.
func TestAttachingIsPatient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes, _ := start(t, 2, func(_ *ably.Config, c *madang.Config) { c.Lease = time.Minute })
		silent := func(on bool) { nodes[0].cluster.Silence(0, on) }
		p, late := nodes[0].dial(t, "clientId=kim"), nodes[0].dial(t, "clientId=lee")
		silent(true)
		if got := p.say(`{"action":10,"channel":"room"}`, `{"action":14,"channel":"room","msgSerial":0,"presence":[{"action":2}]}`); len(got) != 0 {
			t.Errorf("told %v", got)
		}
		time.Sleep(5 * second)
		silent(false)
		time.Sleep(second)
		got := p.heard()
		if len(got) < 2 || got[0].num("action") != 11 || ack(got).num("msgSerial") != 0 {
			t.Errorf("told %v", got)
		}
		late.attach("room")
		silent(true)
		if got := late.one(2, `{"action":15,"channel":"room","msgSerial":0,"messages":[{"data":"1"}]}`); got.code() != 50003 {
			t.Errorf("a message that cannot be published: %v", got)
		}
		if got := late.say(`{"action":14,"channel":"room","msgSerial":1,"presence":[{"action":2}]}`); len(got) != 0 {
			t.Errorf("told %v", got)
		}
		time.Sleep(12 * second)
		if got := late.heard(); len(got) < 1 || got[0].num("action") != 6 {
			t.Errorf("told %v", got)
		}
		silent(false)
		again, first := nodes[0].open(t, "v=6&key="+rootKey+"&clientId=lee&resume="+late.key)
		if first[0].str("connectionId") != late.id || first[0].code() != 0 {
			t.Fatalf("resumed with %v", first)
		}
		again.attach("room")
		if got := ack(again.say(`{"action":14,"channel":"room","msgSerial":1,"presence":[{"action":2}]}`)); got.num("msgSerial") != 1 {
			t.Errorf("entered with %v", got)
		}
	})
}
