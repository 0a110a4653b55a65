package rest_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"madang"
	"madang/dialect/ably/shape"
)

// fill publishes messages m0, m1, … a second apart, with the coming of a member after each.
func (w *world) fill(channel string, n int) (start int64) {
	w.Helper()
	start = w.hub.Now().UnixMilli()
	for i := range n {
		w.do("POST", "/channels/"+channel+"/messages", request{key: rootKey, body: map[string]any{"name": fmt.Sprint("m", i)}}).ok(201)
		w.enter(channel, fmt.Sprint("u", i%3), fmt.Sprint(i))
		w.shift.Add(1000)
	}
	return start
}

func TestHistoryInPages(t *testing.T) {
	w := build(t, nil)
	w.fill("room", 7)
	const path = "/channels/room/messages"
	for _, direction := range []string{"forwards", "backwards"} {
		got, query := "", "limit=3&direction="+direction+"&extra=a,b"
		for pages := 0; query != ""; pages++ {
			if pages > 3 {
				t.Fatal("the pages do not end")
			}
			all, r := w.history(path+"?"+query, request{key: rootKey})
			got += names(all) + "|"
			links := r.links()
			if links["first"] == "" || links["current"] == "" {
				t.Errorf("the links are %v", links)
			}
			query = links["next"]
		}
		want := "m0 m1 m2|m3 m4 m5|m6|"
		if direction == "backwards" {
			want = "m6 m5 m4|m3 m2 m1|m0|"
		}
		if got != want {
			t.Errorf("%s: %s", direction, got)
		}
	}
}

func TestLinksKeepNoSecrets(t *testing.T) {
	w := build(t, nil)
	w.fill("room", 2)
	_, r := w.history("/channels/room/messages?limit=1&key="+rootKey+"&rnd=5&format=json", request{})
	for rel, query := range r.links() {
		if q, _ := url.ParseQuery(query); q.Has("key") || q.Has("rnd") || q.Has("format") || q.Get("limit") != "1" {
			t.Errorf("%s: %s", rel, query)
		}
	}
}

func TestHistoryOfATime(t *testing.T) {
	w := build(t, nil)
	start := w.fill("room", 5)
	get := func(query string) string {
		all, _ := w.history("/channels/room/messages?direction=forwards&"+query, request{key: rootKey})
		return names(all)
	}
	if got := get(fmt.Sprintf("start=%d", start+2500)); got != "m3 m4" {
		t.Errorf("from a time on: %s", got)
	}
	if got := get(fmt.Sprintf("end=%d", start+1500)); got != "m0 m1" {
		t.Errorf("up to a time: %s", got)
	}
	all, _ := w.history("/channels/room/messages", request{key: rootKey})
	if got := get(fmt.Sprintf("start=%d&end=%d", all[2].Timestamp, all[1].Timestamp)); got != "m2 m3" {
		t.Errorf("between messages, inclusive: %s", got)
	}
}

func TestHistoryUntilAttach(t *testing.T) {
	w := build(t, nil)
	w.fill("room", 4)
	head, err := w.hub.History(t.Context(), madang.Channel{App: "main", Name: "room"}, madang.HistoryQuery{})
	if err != nil {
		t.Fatal(err)
	}
	w.fill("room", 2)
	serial := url.QueryEscape(shape.Serial(head.Top))
	for query, want := range map[string]string{
		"from_serial=" + serial:                        "m3 m2 m1 m0",
		"fromSerial=" + serial + "&direction=forwards": "m0 m1 m2 m3",
		"from_serial=" + serial + "&limit=3":           "m3 m2 m1",
		"from_serial=" + url.QueryEscape(shape.Serial(madang.Position{Epoch: head.Top.Epoch, Offset: 1000})): "m1 m0 m3 m2 m1 m0",
		"from_serial=11%40another": "",
		"from_serial=" + url.QueryEscape(shape.MessageSerial(head.Events[1].Pos)): "m1 m0",
	} {
		if all, _ := w.history("/channels/room/messages?"+query, request{key: rootKey}); names(all) != want {
			t.Errorf("%s: %s", query, names(all))
		}
	}
	all, r := w.history("/channels/room/messages?limit=3&from_serial="+serial, request{key: rootKey})
	if rest, _ := w.history("/channels/room/messages?"+r.links()["next"], request{key: rootKey}); names(all)+" "+names(rest) != "m3 m2 m1 m0" {
		t.Errorf("the pages are %s, %s", names(all), names(rest))
	}
}

func TestPagesOfAStreamThatIsGone(t *testing.T) {
	w := build(t, nil)
	for _, path := range []string{"messages", "presence/history"} {
		if all, _ := w.history("/channels/room/"+path+"?cursor=11@gone", request{key: rootKey}); len(all) != 0 {
			t.Errorf("%s: %v", path, all)
		}
	}
	w.fill("room", 2)
	if all, _ := w.history("/channels/room/messages?cursor=11@gone", request{key: rootKey}); len(all) != 0 {
		t.Errorf("something is older than what is gone: %v", all)
	}
	if all, _ := w.history("/channels/room/messages?direction=forwards&cursor=11@gone", request{key: rootKey}); names(all) != "m0 m1" {
		t.Errorf("what follows is %v", all)
	}
}

func TestEphemeralMessagesAreNotKept(t *testing.T) {
	w := build(t, nil)
	w.do("POST", "/channels/room/messages", request{key: rootKey, body: `{"name":"now","extras":{"ephemeral":true}}`}).ok(201)
	if all, _ := w.history("/channels/room/messages", request{key: rootKey}); len(all) != 0 {
		t.Errorf("%v", all)
	}
}

func TestBadHistoryQueries(t *testing.T) {
	w := build(t, nil)
	for _, query := range []string{
		"limit=0", "limit=1001", "limit=x", "limit=-1", "start=x", "end=1.5", "start=5&end=4", "direction=up", "from_serial=x", "cursor=x",
	} {
		w.do("GET", "/channels/room/messages?"+query, request{key: rootKey}).refused(40003)
	}
	w.do("GET", "/channels/room/messages", request{key: readerKey}).refused(40160)
	w.do("GET", "/channels/open:x/messages", request{key: readerKey}).ok(200)
	w.do("GET", "/channels/room/messages", request{}).refused(40101)
	w.do("GET", "/channels/room/presence?cursor=%21", request{key: rootKey}).refused(40003)
}

func TestEnvelopes(t *testing.T) {
	w := build(t, nil)
	w.fill("room", 3)
	for _, msgpack := range []bool{false, true} {
		r := w.do("GET", "/channels/room/messages?limit=2&envelope=json", request{key: rootKey, msgpack: msgpack}).ok(200)
		var e struct {
			StatusCode int
			Response   []message
			Headers    map[string]string
		}
		r.into(&e)
		if e.StatusCode != 200 || len(e.Response) != 2 || r.header.Get("Link") != "" {
			t.Errorf("%s", r.body)
		}
		links := map[string]string{}
		for one := range strings.SplitSeq(e.Headers["Link"], ",") {
			r.link(one, links)
		}
		if len(links) != 3 || strings.Contains(links["next"], "envelope") {
			t.Errorf("the links are %v", links)
		}
	}
	w.do("GET", "/channels/room/messages?limit=0&envelope=json", request{key: rootKey}).refused(40003)
	var e struct{ StatusCode int }
	w.do("POST", "/channels/room/messages?envelope=json", request{key: rootKey, body: `{}`}).ok(200).into(&e)
	if e.StatusCode != 201 {
		t.Errorf("%+v", e)
	}
}

// TestPagesMeetTheWhole walks through random histories in random pages.
func TestPagesMeetTheWhole(t *testing.T) {
	w := build(t, nil)
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		ch := madang.Channel{App: "main", Name: fmt.Sprint("random", n)}
		var want []string
		for i, isMessage := range rapid.SliceOfN(rapid.Bool(), 0, 30).Draw(t, "events") {
			if !isMessage {
				w.enter(ch.Name, "kim", fmt.Sprint(i))
				continue
			}
			if _, err := w.hub.Publish(w.Context(), &madang.Message{Channel: ch, Name: fmt.Sprint(i), Time: time.Now()}); err != nil {
				t.Fatal(err)
			}
			want = append(want, fmt.Sprint(i))
		}
		var got []string
		query := fmt.Sprintf("direction=forwards&limit=%d", rapid.IntRange(1, 12).Draw(t, "limit"))
		for query != "" {
			all, r := w.history("/channels/"+ch.Name+"/messages?"+query, request{key: rootKey})
			for _, m := range all {
				got = append(got, m.Name)
			}
			query = r.links()["next"]
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func TestPresence(t *testing.T) {
	w := build(t, nil)
	for _, user := range []string{"lee", "kim", "park"} {
		w.enter("room", user, `"`+user+`"`)
	}
	for _, msgpack := range []bool{false, true} {
		q := request{key: rootKey, msgpack: msgpack}
		all, r := w.history("/channels/room/presence?limit=2", q)
		if len(all) != 2 || all[0].ClientID != "kim" || all[0].Action != 1 || all[0].ConnectionID == "" || all[0].Data != `"kim"` || all[0].Encoding != "json" {
			t.Errorf("%s", r.body)
		}
		if rest, r := w.history("/channels/room/presence?"+r.links()["next"], q); len(rest) != 1 || rest[0].ClientID != "park" || r.links()["next"] != "" {
			t.Errorf("the second page is %s", r.body)
		}
		if one, _ := w.history("/channels/room/presence?clientId=lee", q); len(one) != 1 || one[0].ClientID != "lee" {
			t.Errorf("%v", one)
		}
		if one, _ := w.history("/channels/room/presence?connectionId="+all[0].ConnectionID, q); len(one) != 1 || one[0].ClientID != "kim" {
			t.Errorf("%v", one)
		}
		if none, r := w.history("/channels/nobody/presence", q); len(none) != 0 || string(r.body) != "[]" {
			t.Errorf("%s", r.body)
		}
	}
	past, r := w.history("/channels/room/presence/history?direction=forwards&limit=2", request{key: rootKey})
	if len(past) != 2 || past[0].ClientID != "lee" || past[0].Action != 2 || r.links()["next"] == "" {
		t.Errorf("%s", r.body)
	}
	w.do("GET", "/channels/room/presence", request{key: readerKey}).refused(40160)
	var batch struct {
		SuccessCount, FailureCount int
		Results                    []struct {
			Channel  string
			Presence []message
			Error    *struct{ Code int }
		}
	}
	w.do("GET", "/presence?channels=room,both", request{key: readerKey, msgpack: true}).ok(200).into(&batch)
	if batch.SuccessCount != 1 || batch.FailureCount != 1 || batch.Results[0].Error.Code != 40160 || batch.Results[1].Presence == nil {
		t.Errorf("%+v", batch)
	}
	w.do("GET", "/presence?channels=room,both", request{key: rootKey}).ok(200).into(&batch)
	if batch.SuccessCount != 2 || len(batch.Results[0].Presence) != 3 {
		t.Errorf("%+v", batch)
	}
	w.do("GET", "/presence", request{key: rootKey}).refused(40000)
}

// TestPresenceHistory: who came, changed and went, apart from the messages among which it happened.
func TestPresenceHistory(t *testing.T) {
	w := build(t, nil)
	w.fill("room", 3) // u0, u1 and u2 enter, each behind a message
	head, err := w.hub.History(t.Context(), madang.Channel{App: "main", Name: "room"}, madang.HistoryQuery{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	start := w.fill("room", 2)
	who := func(query string) (all []string, next string) {
		past, r := w.history("/channels/room/presence/history?"+query, request{key: rootKey})
		for _, m := range past {
			all = append(all, m.ClientID)
		}
		return all, r.links()["next"]
	}
	serial := url.QueryEscape(shape.Serial(head.Top))
	for query, want := range map[string]string{
		"":                                   "[u1 u0 u2 u1 u0]",
		"direction=forwards":                 "[u0 u1 u2 u0 u1]",
		"limit=2":                            "[u1 u0]",
		fmt.Sprintf("start=%d", start):       "[u1 u0]",
		fmt.Sprintf("end=%d", start-1):       "[u2 u1 u0]",
		"from_serial=" + serial:              "[u2 u1 u0]",
		"from_serial=" + serial + "&limit=2": "[u2 u1]",
		"direction=forwards&fromSerial=" + serial: "[u0 u1 u2]",
	} {
		if got, _ := who(query); fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
	var pages []string
	for query := "limit=2&from_serial=" + serial; query != ""; {
		var page []string
		page, query = who(query)
		pages = append(pages, page...)
	}
	if fmt.Sprint(pages) != "[u2 u1 u0]" {
		t.Errorf("the pages have %v", pages)
	}
	if all, _ := w.history("/channels/room/messages", request{key: rootKey}); names(all) != "m1 m0 m2 m1 m0" {
		t.Errorf("the messages are %s", names(all))
	}
	w.do("GET", "/channels/room/presence/history", request{key: readerKey}).refused(40160)
}

func TestStatus(t *testing.T) {
	w := build(t, nil)
	w.enter("a:1", "kim", `1`)
	w.listen("a:1", 2)
	w.listen("a:2", 1)
	w.listen("b", 1)
	w.listen("[odd]", 1) // a name of another dialect
	var d struct {
		ChannelID, Name string
		Status          struct {
			IsActive  bool
			Occupancy struct{ Metrics map[string]int }
		}
	}
	w.do("GET", "/channels/a:1", request{key: rootKey, msgpack: true}).ok(200).into(&d)
	want := map[string]int{"connections": 2, "publishers": 2, "subscribers": 2, "presenceConnections": 1, "presenceMembers": 1, "presenceSubscribers": 2}
	if d.ChannelID != "a:1" || !d.Status.IsActive || fmt.Sprint(d.Status.Occupancy.Metrics) != fmt.Sprint(want) {
		t.Errorf("%+v", d)
	}
	if w.do("GET", "/channels/nobody", request{key: rootKey}).into(&d); d.Status.IsActive {
		t.Errorf("%+v", d)
	}
	w.do("POST", "/channels/quiet/messages", request{key: rootKey, body: `{"data":"x"}`}).ok(201)
	if w.do("GET", "/channels/quiet", request{key: rootKey}).ok(200).into(&d); !d.Status.IsActive || d.Status.Occupancy.Metrics["connections"] != 0 {
		t.Errorf("after something was published: %+v", d)
	}
	w.do("GET", "/channels/both", request{key: readerKey}).refused(40160)
	list := func(query string, v string) string {
		r := w.do("GET", "/channels?"+query, request{key: rootKey, header: map[string]string{"X-Ably-Version": v}}).ok(200)
		var out []any
		if r.into(&out); len(out) > 0 {
			if _, ok := out[0].(map[string]any); ok {
				var all []struct{ ChannelID string }
				r.into(&all)
				return fmt.Sprint(all, r.links()["next"] != "")
			}
		}
		return fmt.Sprint(out, r.links()["next"] != "")
	}
	for _, c := range [][3]string{
		{"", "3", "[a:1 a:2 b] false"}, {"prefix=a:", "3", "[a:1 a:2] false"}, {"prefix=a:", "2", "[{a:1} {a:2}] false"},
		{"by=value&limit=1", "3", "[{a:1}] true"}, {"by=id&limit=2", "2", "[a:1 a:2] true"}, {"prefix=zz", "3", "[] false"},
	} {
		if got := list(c[0], c[1]); got != c[2] {
			t.Errorf("%v: %s", c, got)
		}
	}
	r := w.do("GET", "/channels?limit=2", request{key: rootKey})
	var names []string
	w.do("GET", "/channels?"+r.links()["next"], request{key: rootKey}).ok(200).into(&names)
	if b, _ := json.Marshal(names); string(b) != `["b"]` {
		t.Errorf("the second page is %s", b)
	}
	w.do("GET", "/channels", request{key: readerKey}).refused(40160)
	w.do("GET", "/channels?by=x", request{key: rootKey}).refused(40003)
}
