package outgoing

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"madang"
)

// Who reloads a page was never away; who leaves is told when it is sure.
func TestReloads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTaker(t, nil)
		w, _ := rig(t, k, nil)
		o, room := w.Observer(), in("presence-room")
		ann, bob := madang.Member{User: "ann"}, madang.Member{User: "bob"}
		o.OccupiedAnywhere(room)
		o.Joined(room, ann)
		time.Sleep(time.Minute)
		o.Left(room, ann)
		o.VacatedEverywhere(room)
		time.Sleep(2 * time.Second)
		o.OccupiedAnywhere(room)
		o.Joined(room, ann)
		time.Sleep(time.Minute)
		if got := k.events(address); !slices.Equal(got, []string{"+presence-room", "+presence-room ann"}) {
			t.Fatalf("after a reload: %v", got)
		}
		o.Left(room, ann)
		o.VacatedEverywhere(room)
		time.Sleep(time.Second)
		o.OccupiedAnywhere(room)
		o.Joined(room, bob)
		o.Joined(room, madang.Member{}) // nobody in particular has no id to tell
		o.Left(room, madang.Member{})
		time.Sleep(time.Minute)
		o.Left(room, bob)
		o.VacatedEverywhere(room)
		left := time.Now()
		time.Sleep(time.Minute)
		want := []string{"+presence-room bob", "-presence-room ann", "-presence-room bob", "-presence-room"}
		if got := k.events(address)[2:]; !slices.Equal(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
		all := k.receipts()
		if late := all[len(all)-1].at - left.Sub(k.start); late != 3*time.Second+250*time.Millisecond {
			t.Errorf("told after %v", late)
		}
		if len(w.absences.open) != 0 || len(w.absences.queue) != 0 {
			t.Error("absences are kept")
		}
	})
}

// Whatever happens in whatever order, each endpoint hears what the filter lets through of one story, in its order: a user
// or a channel is added before it is removed, never twice in a row, in the end as it is; and client events of a channel
// keep their order among those that were not held back.
func TestStories(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		script := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) [3]int {
			return [3]int{rapid.IntRange(0, 9).Draw(r, "op"), rapid.IntRange(0, 2).Draw(r, "channel"), rapid.IntRange(0, 3).Draw(r, "n")}
		}), 1, 80).Draw(r, "script")
		e := Endpoint{
			App: "app1", URL: "http://filtered.test/", Events: rapid.SliceOfDistinct(rapid.SampledFrom(Kinds()), rapid.ID).Draw(r, "events"),
			Prefix: rapid.SampledFrom([]string{"", "presence-", "presence-0"}).Draw(r, "prefix"), Suffix: rapid.SampledFrom([]string{"", "0", "presence-0"}).Draw(r, "suffix"),
		}
		var failure string
		synctest.Test(t, func(t *testing.T) { failure = playStory(t, script, e) })
		if failure != "" {
			r.Fatal(failure)
		}
	})
}

func playStory(t *testing.T, script [][3]int, filter Endpoint) string {
	k := newTaker(t, nil)
	w, _ := rig(t, k, func(c *Config) { c.MaxEvents = 4 }, Endpoint{App: "app1", URL: address}, filter)
	o := w.Observer()
	there := map[string]bool{}
	var said []string
	for i, step := range script {
		c := in(fmt.Sprintf("presence-%d", step[1]))
		m := madang.Member{User: fmt.Sprintf("u%d", step[2])}
		key := c.Name
		switch step[0] {
		case 0, 1, 2, 3:
			key += " " + m.User
			if there[key] {
				o.Left(c, m)
			} else {
				o.Joined(c, m)
			}
			there[key] = !there[key]
		case 4, 5:
			if there[key] {
				o.VacatedEverywhere(c)
			} else {
				o.OccupiedAnywhere(c)
			}
			there[key] = !there[key]
		case 6:
			name := fmt.Sprintf("client-%d", i)
			o.Received(whisper("7.1", c.Name, name))
			said = append(said, "client_event "+c.Name+" "+name)
		default:
			time.Sleep(time.Duration(step[2]) * time.Second)
		}
	}
	time.Sleep(time.Minute)
	return checkStory(k, filter, there, said)
}

func checkStory(k *taker, filter Endpoint, there map[string]bool, said []string) string {
	all := k.events(address)
	told := map[string]bool{}
	var heard, chosen []string
	for _, e := range all {
		kind := kindOf(e)
		if kind == clientEvent {
			heard = append(heard, e)
		} else if told[e[1:]] == (e[0] == '+') {
			return fmt.Sprintf("%s although that is so: %v", e, all)
		} else {
			told[e[1:]] = e[0] == '+'
		}
		if filter.wants(kind, strings.Fields(strings.TrimLeft(strings.TrimPrefix(e, clientEvent+" "), "+-"))[0]) {
			chosen = append(chosen, e)
		}
	}
	for key, is := range there {
		if told[key] != is {
			return fmt.Sprintf("%s is there: %v; told: %v", key, is, all)
		}
	}
	if !slices.Equal(heard, said) {
		return fmt.Sprintf("client events %v, want %v", heard, said)
	}
	if got := k.events(filter.URL); !slices.Equal(got, chosen) {
		return fmt.Sprintf("filtered by %+v: %v, want %v", filter, got, chosen)
	}
	return ""
}

// kindOf returns the kind of an event in brief.
func kindOf(e string) string {
	user := strings.Contains(e, " ")
	switch {
	case strings.HasPrefix(e, clientEvent):
		return clientEvent
	case e[0] == '+' && user:
		return memberAdded
	case e[0] == '+':
		return channelOccupied
	case user:
		return memberRemoved
	}
	return channelVacated
}
