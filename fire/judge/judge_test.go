package judge

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// history makes evidence of one room from a text: a line for each entry, "client kind id rest", a second after the one
// before. Everybody is connected first, and hears something in the end, unless the text says otherwise.
func history(f Family, stored, text string) *Evidence {
	e := &Evidence{Stored: map[string][]string{"room": strings.Fields(stored)}}
	clients := map[string]*Client{}
	for _, name := range []string{"ann", "bob"} {
		c := &Client{Name: name, Family: f, Room: "room"}
		clients[name] = c
		e.Clients = append(e.Clients, c)
		c.Log = append(c.Log, Entry{At: 1, Kind: Told, Client: name}, Entry{At: 1, Kind: Up, Client: name})
	}
	at := int64(1000)
	for line := range strings.Lines(text) {
		w := append(strings.Fields(line), "", "")
		if w[0] == "" {
			continue
		}
		c := clients[w[0]]
		entry := Entry{At: at, Kind: Kind(w[1][0]), Client: w[0], ID: w[2], Rest: w[3]}
		if strings.Contains("UDGE", w[1]) { // about no message
			entry.ID, entry.Rest = "", w[2]
		}
		c.Log = append(c.Log, entry)
		at += 1000
	}
	return e
}

// look adds that everybody sees everybody.
func look(e *Evidence) *Evidence {
	for _, c := range e.Clients {
		c.Log = append(c.Log, Entry{At: 1 << 40, Kind: Presence, Client: c.Name, ID: "ann bob"})
	}
	return e
}

func judge(e *Evidence) *Verdict { return Judge(e, func(string) string { return "ann bob" }) }

// TestChat finds everything that can be wrong with stored messages.
func TestChat(t *testing.T) {
	t.Parallel()
	const good = "ann S a1\n ann A a1 1\n ann H a1 1\n bob H a1 1\n ann S a2\n ann A a2 2\n ann H a2 2\n bob H a2 2\n"
	for _, c := range []struct {
		name, stored, text string
		failure            string // a part of the first; empty: none
		count              Count  // what is compared of it: Lost, Duplicates, Disorder, LiveGaps
	}{
		{"good", "a1 a2", good, "", Count{}},
		{"lost in the store", "a2", "ann S a1\n ann A a1 1\n ann S a2\n ann A a2 1\n ann H a2 1\n bob H a2 1\n", "a1 was acknowledged as 1 and is not stored", Count{Lost: 1}},
		{"another number", "a2 a1", "ann S a1\n ann A a1 1\n ann S a2\n ann A a2 2\n ann H a2 1\n bob H a2 1\n ann H a1 2\n bob H a1 2\n", "is stored as 2", Count{}},
		{"stored twice", "a1 a1", "ann S a1\n ann A a1 1\n ann H a1 1\n bob H a1 1\n ann H a1 2\n bob H a1 2\n", "stored twice", Count{Duplicates: 1}},
		{"bob lacks one", "a1 a2", strings.Replace(good, "bob H a1 1", "", 1), "bob: has not got a1, number 1", Count{Lost: 1}},
		{"bob finds it", "a1 a2", strings.Replace(good, "bob H a1 1", "bob Y a1 1", 1), "", Count{}},
		{"bob finds what was before, after the next", "a1 a2", strings.Replace(good, "bob H a1 1", "", 1) + "bob Y a1 1\n", "", Count{}},
		{"bob finds one between two", "a1 a2 a3", strings.Replace(good, "bob H a2 2", "", 1) + "ann S a3\n ann A a3 3\n ann H a3 3\n bob H a3 3\n bob Y a2 2\n", "", Count{LiveGaps: 1}},
		{"bob hears it after the next", "a1 a2", strings.Replace(good, "bob H a1 1", "", 1) + "bob H a1 1\n", "bob: heard 1 of room after 2", Count{Disorder: 1}},
		{"bob hears one twice", "a1 a2", good + "bob H a1 1\n", "", Count{Duplicates: 1}},
		{"what nobody stored", "a1 a2", good + "bob H a3 3\n", "is not what is stored", Count{}},
		{"refused, and sent again", "a1", "ann S a1\n ann R a1 timeout\n ann A a1 1\n ann H a1 1\n bob H a1 1\n", "", Count{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := judge(look(history(Chat, c.stored, c.text)))
			compare(t, v, v.Families[Chat], c.failure, c.count)
		})
	}
}

// compare compares a verdict with what is wanted.
func compare(t *testing.T, v *Verdict, got *Count, failure string, want Count) {
	t.Helper()
	first := strings.Join(v.Failures, "\n")
	if failure == "" && v.Failed > 0 || !strings.Contains(first, failure) {
		t.Errorf("failures %q, want %q", first, failure)
	}
	short := func(c Count) string {
		return fmt.Sprint("lost ", c.Lost, " gone ", c.Gone, " missed ", c.Missed, " late ", c.ToldLate, " twice ", c.Duplicates,
			" disorder ", c.Disorder, " gaps ", c.LiveGaps)
	}
	if short(*got) != short(want) {
		t.Errorf("got  %s\nwant %s", short(*got), short(want))
	}
}

// TestHeard finds everything that can be wrong where nothing is stored.
func TestHeard(t *testing.T) {
	t.Parallel()
	const one, two, three = "ann S a1\n ann A a1\n ann H a1\n", "ann S a2\n ann A a2\n ann H a2\n", "ann S a3\n ann A a3\n ann H a3\n"
	for _, c := range []struct {
		name    string
		family  Family
		text    string
		failure string
		count   Count
	}{
		{"good", Ably, one + "bob H a1\n" + two + "bob H a2\n", "", Count{}},
		{"bob lacks one and is not told", Ably, one + "bob H a1\n" + two + three + "bob H a3\n", "bob (Ably): has not heard a2", Count{Lost: 1}},
		{"bob is told", Ably, one + "bob H a1\n" + two + "bob G\n" + three + "bob H a3\n", "", Count{Missed: 1}},
		{"bob is told after the next", Ably, one + "bob H a1\n" + two + three + "bob H a3\n bob G\n", "", Count{Missed: 1, ToldLate: 1}},
		{"bob was told of something before", Ably, one + "bob G\n bob H a1\n" + two + three + "bob H a3\n", "has not heard a2", Count{Lost: 1}},
		{"nobody hears it, both are told", Ably, one + "bob H a1\n ann S a2\n ann A a2\n ann G\n bob G\n" + three + "bob H a3\n", "", Count{Missed: 2, Gone: 1}},
		{"nobody hears it, one is told", Ably, one + "bob H a1\n ann S a2\n ann A a2\n ann G\n" + three + "bob H a3\n", "bob (Ably): has not heard a2", Count{Missed: 1, Lost: 1, Gone: 1}},
		{"nobody has promised it", Ably, one + "bob H a1\n ann S a2\n ann R a2 timeout\n" + three + "bob H a3\n", "", Count{}},
		{"the other way round", Ably, one + two + "bob H a2\n bob H a1\n", "bob: heard a1 after a2", Count{Disorder: 2}},
		{"twice, with an id", Ably, one + "bob H a1\n bob H a1\n" + two + "bob H a2\n", "", Count{Duplicates: 1}},
		{"twice, without", Pusher, one + "bob H a1\n bob H a1\n" + two + "bob H a2\n", "bob: heard a1 twice", Count{Duplicates: 1}},
		{"two senders in two orders", Pusher, "ann S a1\n bob S b1\n ann A a1\n bob A b1\n ann H a1\n ann H b1\n bob H b1\n bob H a1\n", "the other way round", Count{Disorder: 1}},
		{"from nowhere", Pusher, one + "bob H a1\n bob H x\n", "nobody has sent", Count{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := judge(look(history(c.family, "", c.text)))
			compare(t, v, v.Families[c.family], c.failure, c.count)
		})
	}
}

// TestEnd wants everybody back, and in sight.
func TestEnd(t *testing.T) {
	t.Parallel()
	const text = "ann S a1\n ann A a1\n ann H a1\n bob H a1\n"
	gone := look(history(Ably, "", text+"bob D lost\n"))
	deaf := look(history(Ably, "", text))
	deaf.Calm = 1 << 30
	blind := history(Ably, "", text+"ann P ann\n bob P ann\n")
	back := look(history(Ably, "", text+"bob D lost\n bob U\n bob E broken\n bob R a2 late\n"))
	for _, c := range []struct {
		name    string
		e       *Evidence
		failure string
		failed  int
	}{
		{"gone", gone, "bob (Ably): in the end connected: false", 1},
		{"deaf", deaf, "has heard something that was sent then: false", 2},
		{"blind", blind, "1 of 2; lacks [bob], sees [] that are not there", 2},
		{"not asked", history(Ably, "", text), "was not asked", 2},
		{"back", back, "", 0},
	} {
		v := judge(c.e)
		if v.Failed != c.failed || !strings.Contains(strings.Join(v.Failures, "\n"), c.failure) {
			t.Errorf("%s: %d failures %q, want %q", c.name, v.Failed, v.Failures, c.failure)
		}
	}
	count := judge(back).Families[Ably]
	if len(count.Away) != 1 || count.Away[0] != time.Second || count.Errors["broken"] != 1 || count.Whys["late"] != 1 || count.Downs["lost"] != 1 {
		t.Errorf("counted %+v", count)
	}
	if Percentile(count.Away, 99) != time.Second || Percentile(nil, 50) != 0 {
		t.Error("percentiles are wrong")
	}
}

// TestRead reads what it is given, and says where it cannot.
func TestRead(t *testing.T) {
	t.Parallel()
	var got []Entry
	err := Read(strings.NewReader("12\tH\tann\ta1\t3\n13\tU\tann\t\t\n"), func(e Entry) { got = append(got, e) })
	if err != nil || len(got) != 2 || got[0] != (Entry{12, Hears, "ann", "a1", "3"}) || got[1] != (Entry{13, Up, "ann", "", ""}) {
		t.Errorf("%v %+v", err, got)
	}
	for _, bad := range []string{"12\tH\tann\ta1\n", "x\tH\tann\ta1\t\n", "12\tHH\tann\ta1\t\n"} {
		if err := Read(strings.NewReader(bad), func(Entry) {}); err == nil || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestTamper takes one delivery from a true history, or moves it: it is always found out.
func TestTamper(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(3, 30).Draw(t, "messages")
		family := rapid.SampledFrom(Families()).Draw(t, "family")
		var text, stored strings.Builder
		for i := 1; i <= n; i++ {
			fmt.Fprintf(&text, "ann S a%d\nann A a%[1]d %[1]d\nann H a%[1]d %[1]d\nbob H a%[1]d %[1]d\n", i)
			fmt.Fprintf(&stored, "a%d ", i)
		}
		e := look(history(family, stored.String(), text.String()))
		if v := judge(e); v.Failed != 0 {
			t.Fatalf("a true history fails: %v", v.Failures)
		}
		log := e.Clients[1].Log
		first := 2 + rapid.IntRange(0, n-2).Draw(t, "where")
		if rapid.Bool().Draw(t, "remove") {
			e.Clients[1].Log = append(append([]Entry{}, log[:first]...), log[first+1:]...)
		} else {
			log[first], log[first+1] = log[first+1], log[first]
		}
		if v := judge(e); v.Failed == 0 {
			t.Fatal("it was not found out")
		}
	})
}

// TestSmooth lets nobody notice more than a reconnect.
func TestSmooth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, failure string }{
		{"bob D draining\n bob U\n bob E history:_disconnected:\n bob R a2 disconnected:_transport\n", ""},
		{"bob D draining\n bob U\n bob D draining\n bob U\n", "bob (Ably): was disconnected 2 times by 1 nodes"},
		{"bob E error_1006\n", "saw an error: error_1006"},
		{"bob R a2 status_503\n", "a2 was refused: status_503"},
	} {
		e := history(Ably, "", c.text)
		v := &Verdict{}
		v.Smooth(e, 1)
		if got := strings.Join(v.Failures, "\n"); (c.failure == "") != (got == "") || !strings.Contains(got, c.failure) {
			t.Errorf("%q: %q, want %q", c.text, got, c.failure)
		}
	}
}
