package events_test

import (
	"bufio"
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"madang/dialect/ably/events"
	"madang/dialect/ably/protocol"
)

func stream(t testing.TB, last string, o events.Options, channels ...string) *events.Stream {
	t.Helper()
	s, err := events.New(channels, last, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// take gives a stream messages, of which none may end it.
func take(t testing.TB, s *events.Stream, list string) string {
	t.Helper()
	out, end, err := s.Take(nil, []byte(list))
	if end != nil || err != nil {
		t.Fatalf("%s: %v, %v", list, end, err)
	}
	return string(out)
}

const attached = `[{"action":11,"channel":"a","channelSerial":"s1"},{"action":11,"channel":"b","channelSerial":"s2"}]`

func TestEvents(t *testing.T) {
	const list = `[{"action":15,"channel":"b","channelSerial":"s3","messages":[{"name":"n","data":"x"},{}]},` +
		`{"action":14,"channel":"a","channelSerial":"s4","presence":[{"action":2,"data":"y\r\nz\rw"}]},` +
		`{"action":16,"channel":"a","channelSerial":"sync:","presence":[{"action":1}]},{"action":0},{"action":17},{"action":99}]`
	for what, c := range map[string]struct {
		o    events.Options
		want string
	}{
		"SSE": {events.Options{}, "event: message\ndata: {\"channel\":\"b\",\"name\":\"n\",\"data\":\"x\"}\n\n" +
			"id: s1,s3\nevent: message\ndata: {\"channel\":\"b\"}\n\n" +
			"id: s4,s3\nevent: presence\ndata: {\"channel\":\"a\",\"action\":2,\"data\":\"y\\r\\nz\\rw\"}\n\n:keepalive\n\n"},
		"bare": {events.Options{Bare: true, Heartbeats: true}, "event: message\ndata: x\n\nid: s1,s3\nevent: message\ndata: \n\n" +
			"id: s4,s3\nevent: presence\ndata: y\ndata: z\ndata: w\n\nevent: heartbeat\ndata: \n\n"},
		"lines": {events.Options{Lines: true, Bare: true}, `{"event":"message","data":"x"}` + "\n" + `{"id":"s1,s3","event":"message","data":""}` + "\n" +
			`{"id":"s4,s3","event":"presence","data":"y\r\nz\rw"}` + "\n\n"},
	} {
		s := stream(t, "", c.o, "a", "b")
		if s.Open() {
			t.Errorf("%s: open before the channels are heard", what)
		}
		if got := take(t, s, attached); got != "" || !s.Open() || s.ID() != "s1,s2" {
			t.Errorf("%s: %q, open %v, at %s", what, got, s.Open(), s.ID())
		}
		if got := take(t, s, list); got != c.want {
			t.Errorf("%s:\n%q\nwant\n%q", what, got, c.want)
		}
	}
}

// Messages have the ids that clients of the protocol would make of the frame's.
func TestMessagesHaveIDs(t *testing.T) {
	s := stream(t, "", events.Options{Lines: true}, "a")
	take(t, s, `[{"action":11,"channel":"a","channelSerial":"s1"}]`)
	got := take(t, s, `[{"action":15,"channel":"a","id":"x","messages":[{"data":"1"},{"id":"own","data":"2"},{}]}]`)
	const want = `{"event":"message","data":"{\"channel\":\"a\",\"id\":\"x:0\",\"data\":\"1\"}"}` + "\n" +
		`{"event":"message","data":"{\"channel\":\"a\",\"id\":\"own\",\"data\":\"2\"}"}` + "\n" +
		`{"id":"s1","event":"message","data":"{\"channel\":\"a\",\"id\":\"x:2\"}"}` + "\n"
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestIDs: none before all channels are heard; afterwards it leads back to where the stream stands.
func TestIDs(t *testing.T) {
	s := stream(t, "s1,s2", events.Options{Bare: true}, "a", "b")
	for i, f := range s.Attach(protocol.Params{"rewind": "1"}) {
		if f.Channel != []string{"a", "b"}[i] || f.ChannelSerial != []string{"s1", "s2"}[i] || f.Params["rewind"] != "1" {
			t.Errorf("%+v", f)
		}
	}
	early := take(t, s, `[{"action":11,"channel":"a","channelSerial":"s1"},{"action":15,"channel":"a","channelSerial":"s3","messages":[{"data":"x"}]}]`)
	if strings.Contains(early, "id:") {
		t.Errorf("%q", early)
	}
	take(t, s, `[{"action":11,"channel":"b","channelSerial":"s2"}]`)
	if got := string(s.Here(nil)); got != "id: s3,s2\n\n" {
		t.Errorf("%q", got)
	}
	if got := stream(t, s.ID(), events.Options{}, "a", "b").ID(); got != "s3,s2" {
		t.Errorf("taken up at %s", got)
	}
}

func TestEnds(t *testing.T) {
	for list, code := range map[string]int{
		`[{"action":9,"error":{"code":40101,"statusCode":401,"message":"no"}}]`:                    40101,
		`[{"action":9,"channel":"a","error":{"code":40160,"statusCode":401,"message":"no"}}]`:      40160,
		`[{"action":6,"error":{"code":40142,"statusCode":401,"message":"expired"}},{"action":15}]`: 40142,
		`[{"action":8}]`: 80003,
	} {
		if _, end, err := stream(t, "", events.Options{}, "a").Take(nil, []byte(list)); err != nil || end == nil || end.Code != code {
			t.Errorf("%s: %v, %v", list, end, err)
		}
	}
	s := stream(t, "x", events.Options{}, "a")
	const want = "event: error\ndata: {\"code\":90005,\"statusCode\":400,\"message\":\"missed\"}\n\n"
	if got := take(t, s, `[{"action":11,"channel":"a","channelSerial":"s1","error":{"code":90005,"statusCode":400,"message":"missed"}}]`); got != want || !s.Open() {
		t.Errorf("%q", got)
	}
	if _, _, err := s.Take(nil, []byte("{")); err == nil {
		t.Error("half a message was taken")
	}
}

func TestBadStreams(t *testing.T) {
	for _, c := range []struct {
		channels []string
		last     string
	}{
		{nil, ""}, {[]string{"a", ""}, ""}, {[]string{"a", "a"}, ""}, {make([]string, events.MaxChannels+1), ""},
		{[]string{"a"}, "x,y"}, {[]string{"a", "b"}, "x"}, {[]string{"a"}, strings.Repeat("x", 200)},
	} {
		if _, err := events.New(c.channels, c.last, events.Options{}); err == nil {
			t.Errorf("%v is a stream", c)
		}
	}
}

// TestDataSurvives: whatever text a message has, a reader of Server-Sent Events gets it, line ends aside, and nothing else.
func TestDataSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		b, err := json.Marshal([]map[string]any{{"action": 15, "channel": "a", "channelSerial": "s2", "messages": []any{map[string]string{"data": text}}}})
		if err != nil {
			t.Fatal(err)
		}
		s, err := events.New([]string{"a"}, "", events.Options{Bare: true})
		if err != nil {
			t.Fatal(err)
		}
		out, _, err := s.Take(nil, []byte(`[{"action":11,"channel":"a","channelSerial":"s1"}]`))
		if err == nil {
			out, _, err = s.Take(out, b)
		}
		if err != nil {
			t.Fatal(err)
		}
		var data []string
		n := 0
		for lines := bufio.NewScanner(strings.NewReader(strings.ReplaceAll(string(out), "\r", "\n"))); lines.Scan(); n++ {
			if one, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				data = append(data, one)
			}
		}
		want := strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
		if got := strings.Join(data, "\n"); got != want || n != len(data)+3 {
			t.Fatalf("%q has become %q, in %q", text, got, out)
		}
	})
}

func FuzzTake(f *testing.F) {
	f.Add(attached, "")
	f.Add(`[{"action":15,"channel":"a","messages":[{},null,"x",1]}]`, "s1,s2")
	f.Add(`[{"action":0},{"action":9}]`, ",")
	f.Fuzz(func(t *testing.T, list, last string) {
		for _, o := range []events.Options{{}, {Lines: true}, {Bare: true}} {
			s, err := events.New([]string{"a", "b"}, last, o)
			if err != nil {
				continue
			}
			if out, _, err := s.Take(nil, []byte(list)); err == nil && o.Lines {
				for line := range strings.Lines(string(out)) {
					if line = strings.TrimSpace(line); line != "" && !json.Valid([]byte(line)) {
						t.Fatalf("%q", line)
					}
				}
			}
		}
	})
}
