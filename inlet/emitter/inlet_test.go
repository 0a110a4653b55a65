package emitter

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/redis/rueidis"

	"madang"
	"madang/internal/redistest"
)

type tlsConfig = tls.Config

// TestRedis has one Redis for all that needs it. Each part has channels of its own.
func TestRedis(t *testing.T) {
	r := redistest.Start(t)
	for name, f := range map[string]func(*testing.T, *redistest.Server){
		"broadcasts": broadcasts, "requests": requests, "answers": answers, "ignored": ignored, "members": members, "stream": stream,
		"told": told, "new namespaces": newNamespaces, "key": strangeKey,
	} {
		t.Run(name, func(t *testing.T) { f(t, r) })
	}
	t.Run("outage", func(t *testing.T) { outage(t, r) })
}

func broadcasts(t *testing.T, r *redistest.Server) {
	rooms := &fake{names: []string{"/", "/chat"}}
	i := begin(t, rooms, dialer(r.Addr), func(c *Config, _ *Options) { c.Key = "b" })
	publish := func(channel, text string) { r.Do("PUBLISH", channel, text) }
	publish("b#/#", `["emitter",{"type":2,"data":["a",1, "x"],"nsp":"/"},{"rooms":["red",5],"except":["blue"],"flags":{"volatile":true}}]`)
	publish("b#/#red#", `["emitter",{"type":5,"data":["b"]},{"rooms":["red"],"flags":{}}]`)
	publish("b#/#nobody#", `what is for rooms without sockets is not even read`)
	publish("b#/chat#", `["emitter",{"type":2,"data":["c",{}],"nsp":"/chat"},{"rooms":[],"except":[],"flags":null}]`)
	publish("b#/chat#", `["emitter",{"type":2,"data":["of another namespace"],"nsp":"/"},{"rooms":[]}]`)
	publish("b#/chat#", `["emitter",{"type":2,"data":["of the root, then"]},{"rooms":[]}]`)
	publish("b#/secret#", `["emitter",{"type":2,"data":["d"],"nsp":"/secret"},{"rooms":[]}]`)
	publish("b#/#", `["madang-us-8",{"type":2,"data":["our own"],"nsp":"/"},{"rooms":[]}]`)
	publish("b#/#", `["madang-them-8",{"type":2,"data":["of another cluster"],"nsp":"/"},{"rooms":[]}]`)
	publish("b#/#", `{"uid":"x","nsp":"/","type":3,"data":{"packet":{"type":2,"data":["the streams adapter"]},"opts":{"rooms":[]}}}`)
	packed, err := pack([]byte(`["u",{"type":2,"data":["end",{"_placeholder":true,"num":0}],"nsp":"/"},{"rooms":[],"except":[],"flags":{}}]`), [][]byte{{255, 0}})
	if err != nil {
		t.Fatal(err)
	}
	publish("b#/#", string(packed))
	end := `emit / end [{"_placeholder":true,"num":0}] to [] but [], false, [ff00]`
	same(t, "done", rooms.took(t, end), []string{
		`emit / a [1,"x"] to [red 5] but [blue], true, []`, `emit / b [] to [red] but [], false, []`, `emit /chat c [{}] to [] but [], false, []`,
		`emit / of another cluster [] to [] but [], false, []`, end,
	})
	if s := i.Stats(); s.Received != 9 || s.Emitted != 5 || s.Passed != 4 || !s.Connected {
		t.Errorf("%+v", s)
	}
}

func requests(t *testing.T, r *redistest.Server) {
	rooms := &fake{names: []string{"/"}}
	e := listen(t, r, "r-response*")
	begin(t, rooms, dialer(r.Addr), func(c *Config, o *Options) {
		c.Key = "r"
		o.ServerSide = func(namespace, event string, args json.RawMessage) json.RawMessage {
			rooms.note("%s says %s %s", namespace, event, args)
			if event == "broken" {
				return json.RawMessage("{")
			}
			if event == "quiet" {
				return nil
			}
			return json.RawMessage(`{"ok":1}`)
		}
	})
	ask := func(text string) { r.Do("PUBLISH", "r-request#/#", text) }
	ask(`{"uid":"u","requestId":"q0","type":0,"rooms":["red"]}`)
	ask(`{"uid":"u","requestId":"q1","type":1}`)
	ask(`{"uid":"u","requestId":5,"type":5,"opts":{"rooms":["red"],"except":[]}}`)
	ask(`{"uid":"u","requestId":"q6","type":6,"data":["event",1,2]}`)
	ask(`{"uid":"u","requestId":"q7","type":6,"data":["broken"]}`)
	ask(`{"uid":"u","requestId":"q8","type":6,"data":["quiet"]}`)
	ask(`{"uid":"u","type":6,"data":["nobody waits"]}`)
	same(t, "answers", e.heard(t, 6), []string{
		`r-response#/# {"requestId":"q0","sockets":["1.1"]}`,
		`r-response#/# {"requestId":"q1","rooms":["1.1","1.2","red"]}`,
		`r-response#/# {"requestId":5,"sockets":[{"id":"1.1","handshake":{"url":"/"},"rooms":["1.1","red"],"data":{}}]}`,
		`r-response#/# {"data":{"ok":1},"requestId":"q6","type":6}`,
		`r-response#/# {"data":null,"requestId":"q7","type":6}`,
		`r-response#/# {"data":null,"requestId":"q8","type":6}`,
	})
	same(t, "said", rooms.took(t, "/ says nobody waits []"), []string{"/ says event [1,2]", "/ says broken []", "/ says quiet []", "/ says nobody waits []"})

	ask(`{"type":2,"opts":{"rooms":["a"],"except":["b"]},"rooms":["c","d"]}`)
	ask(`{"type":3,"opts":{"rooms":["a"],"except":[]},"rooms":["c"]}`)
	ask(`{"type":4,"opts":{"rooms":["a"],"except":[]},"close":true}`)
	ask(`{"type":2,"sid":"1.1","room":"x","requestId":"o2"}`)
	ask(`{"type":3,"sid":"1.2","room":7,"requestId":"o3"}`)
	ask(`{"type":4,"sid":"9.9","close":true,"requestId":"not here"}`)
	ask(`{"type":4,"sid":"1.1","close":false,"requestId":"o4"}`)
	same(t, "answers of older versions", e.heard(t, 3), []string{
		`r-response#/# {"requestId":"o2"}`, `r-response#/# {"requestId":"o3"}`, `r-response#/# {"requestId":"o4"}`,
	})
	same(t, "orders", rooms.took(t, "end [1.1] but [], false"), []string{
		"join [a] but [b] into [c d]", "leave [a] but [] from [c]", "end [a] but [], true", "join [1.1] but [] into [x]", "leave [1.2] but [] from [7]",
		"end [1.1] but [], false",
	})
}

func answers(t *testing.T, r *redistest.Server) {
	rooms := &fake{names: []string{"/"}}
	e := listen(t, r, "a-response*")
	begin(t, rooms, dialer(r.Addr), func(c *Config, _ *Options) { c.Key, c.SpecificAnswers = "a", true })
	ask := func(flags string) {
		r.Do("PUBLISH", "a-request#/#", `{"uid":"u","requestId":"q","type":7,"packet":{"type":2,"data":["ask",1],"nsp":"/"},"opts":{"rooms":["red"],"except":["b"],"flags":`+flags+`}}`)
	}
	ask(`{"timeout":5000}`)
	same(t, "answers", e.heard(t, 3), []string{
		`a-response#/#u# {"clientCount":2,"requestId":"q","type":8}`,
		`a-response#/#u# {"packet":{"_placeholder":true,"num":0},"requestId":"q","type":9}`,
		`a-response#/#u# {"packet":null,"requestId":"q","type":9}`,
	})
	ask(`{}`)
	ask(`{"timeout":1e300}`)
	same(t, "asked", rooms.took(t, "ask / ask [1] to [red] but [b], 2m0s"), []string{
		"ask / ask [1] to [red] but [b], 5s", "ask / ask [1] to [red] but [b], 30s", "ask / ask [1] to [red] but [b], 2m0s",
	})
}

func ignored(t *testing.T, r *redistest.Server) {
	rooms := &fake{names: []string{"/"}, broken: true}
	i := begin(t, rooms, dialer(r.Addr), func(c *Config, _ *Options) { c.Key, c.MaxPayload, c.Namespaces = "i", 200, []string{"/", "/gone"} })
	for _, text := range []string{
		"nonsense", `[]`, `["u"]`, `["u",null,{}]`, `["u",{"type":2,"data":[]},{}]`, `["u",{"type":2,"data":[{}]},{}]`, `["u",{"type":0,"data":["a"]},{}]`,
		`["u",{"type":2,"data":["a"]},{"rooms":[null]}]`, `["u",{"type":2,"data":["a"]},{"rooms":5}]`, "[\"\xff\"]", "\x93\x01", "\xff",
		`["u",{"type":2,"data":["connect"],"nsp":"/"},{}]`, `["u",{"type":2,"data":["` + strings.Repeat("x", 200) + `"]},{}]`,
	} {
		r.Do("PUBLISH", "i#/#", text)
	}
	for _, text := range []string{
		"nonsense", "{", "{}", `[]`, `{"type":7,"opts":{}}`, `{"type":6,"data":[]}`, `{"type":2}`, `{"type":2,"sid":"1.1"}`, `{"type":99}`,
		`{"type":2,"opts":{"rooms":[]},"rooms":["x"]}`, `{"uid":"madang-us-9","type":4,"opts":{}}`,
	} {
		r.Do("PUBLISH", "i-request#/#", text)
	}
	r.Do("PUBLISH", "i-request#/gone#", `{"type":1}`)
	eventually(t, "all are counted", func() bool { return i.Stats().Received == 25 })
	if s := i.Stats(); s.Malformed != 12+8 || s.Refused != 2 || s.Oversized != 1 || s.Failed != 1 || s.Passed != 1 || s.Emitted+s.Ordered+s.Answered != 0 {
		t.Errorf("%+v", s)
	}
}

func members(t *testing.T, r *redistest.Server) {
	rooms := &fake{names: []string{"/"}}
	e := listen(t, r, "m#/#u#")
	begin(t, rooms, dialer(r.Addr), func(c *Config, _ *Options) { c.Key, c.Stream, c.PubSub, c.Streams = "m", "m", false, true })
	say := func(kind int, data string) {
		packed, err := pack([]byte(fmt.Sprintf(`{"uid":"u","nsp":"/","type":%d,"data":%s}`, kind, data)), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Do("PUBLISH", "m#/#", string(packed))
	}
	const opts = `"opts":{"rooms":["red"],"except":[],"flags":{"timeout":1000}}`
	say(3, `{"packet":{"type":2,"data":["ask"]},"requestId":"q",`+opts+`}`)
	say(7, `{"requestId":"f",`+opts+`}`)
	say(9, `{"requestId":"s","packet":["event"]}`)
	say(9, `{"packet":["nobody waits"]}`)
	say(1, `null`)
	r.Do("PUBLISH", "m#/#", `["u",{"type":2,"data":["of redis-adapter, whose channels are off"]},{}]`)
	same(t, "answers", e.heard(t, 5), []string{
		`m#/#u# {"data":{"clientCount":2,"requestId":"q"},"nsp":"/","type":11,"uid":"madang-us-7"}`,
		`m#/#u# {"data":{"packet":{"_placeholder":true,"num":0},"requestId":"q"},"nsp":"/","type":12,"uid":"madang-us-7"}`,
		`m#/#u# {"data":{"packet":null,"requestId":"q"},"nsp":"/","type":12,"uid":"madang-us-7"}`,
		`m#/#u# {"data":{"requestId":"f","sockets":[{"id":"1.1","handshake":{"url":"/"},"rooms":["1.1","red"],"data":{}}]},"nsp":"/","type":8,"uid":"madang-us-7"}`,
		`m#/#u# {"data":{"packet":null,"requestId":"s"},"nsp":"/","type":10,"uid":"madang-us-7"}`,
	})
}

// stream: what is added while Redis is away is taken later; what was there before the node is not; what was trimmed is noted.
func stream(t *testing.T, r *redistest.Server) {
	rooms := &fake{names: []string{"/"}}
	add := func(data string, more ...string) {
		r.Do(append(append([]string{"XADD", "s"}, more...), "*", "uid", "emitter", "nsp", "/", "type", "3", "data", data)...)
	}
	event := func(name string) string {
		return `{"packet":{"type":2,"data":["` + name + `"]},"opts":{"rooms":[],"except":[],"flags":{}}}`
	}
	add(event("before"))
	gate := make(chan struct{}, 10)
	gate <- struct{}{}
	i := begin(t, rooms, func(ctx context.Context) (rueidis.Client, error) {
		select {
		case <-gate:
			return dialer(r.Addr)(ctx)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}, func(c *Config, _ *Options) { c.Key, c.Stream, c.PubSub, c.Streams = "s", "s", false, true })
	add(event("one"))
	add("gqZwYWNrZXSCpHR5cGUCpGRhdGGSo2JpbsQBB6RvcHRzgaVyb29tc5A=") // MessagePack in base64
	r.Do("XADD", "s", "*", "uid", "emitter", "nsp", "/", "type", "4", "data", `{"opts":{"rooms":["a"],"except":[]},"rooms":["b"]}`)
	r.Do("XADD", "s", "*", "uid", "emitter", "nsp", "/", "type", "5", "data", `{"opts":{"rooms":["a"],"except":[]},"rooms":["b"]}`)
	r.Do("XADD", "s", "*", "uid", "emitter", "nsp", "/", "type", "6", "data", `{"opts":{"rooms":["a"],"except":[]},"close":true}`)
	r.Do("XADD", "s", "*", "uid", "madang-us-3", "nsp", "/", "type", "3", "data", event("our own"))
	r.Do("XADD", "s", "*", "something", "else")
	r.Do("XADD", "s", "*", "uid", "u", "nsp", "/", "type", "x", "data", "??")
	same(t, "done", rooms.took(t, "end [a] but [], true"), []string{
		"emit / one [] to [] but [], false, []", `emit / bin [{"_placeholder":true,"num":0}] to [] but [], false, [07]`,
		"join [a] but [] into [b]", "leave [a] but [] from [b]", "end [a] but [], true",
	})
	eventually(t, "the entry without meaning", func() bool { return i.Stats().Malformed == 1 })
	cut := func() {
		r.Do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
		r.Do("CLIENT", "KILL", "TYPE", "pubsub")
		eventually(t, "the outage", func() bool { return i.Ready(t.Context()) != nil })
	}
	cut()
	add(event("two"))
	add(event("three"))
	gate <- struct{}{}
	same(t, "done meanwhile", rooms.took(t, "emit / three [] to [] but [], false, []"),
		[]string{"emit / two [] to [] but [], false, []", "emit / three [] to [] but [], false, []"})
	if s := i.Stats(); s.Gaps != 0 || s.Outages != 1 {
		t.Errorf("%+v", s)
	}
	cut()
	add(event("lost"))
	add(event("four"), "MAXLEN", "1")
	gate <- struct{}{}
	rooms.took(t, "emit / four [] to [] but [], false, []")
	cut()
	r.Do("DEL", "s")
	gate <- struct{}{}
	eventually(t, "both gaps are noted", func() bool { return i.Ready(t.Context()) == nil && i.Stats().Gaps == 2 })
	add(event("five"))
	rooms.took(t, "emit / five [] to [] but [], false, []")
}

// told: what this server does is told by both ways, once by each, and does not come back.
func told(t *testing.T, r *redistest.Server) {
	rooms := &fake{names: []string{"/"}}
	e := listen(t, r, "t*#*")
	i := begin(t, rooms, dialer(r.Addr), func(c *Config, o *Options) { c.Key, c.Stream, c.Streams, o.Cluster = "t", "t", true, "" })
	i.Emitted("/", []string{"red"}, nil, &madang.Message{Name: "a", Data: []byte(`[1]`), Type: madang.Args, Volatile: true})
	i.Emitted("/", nil, []string{"x"}, &madang.Message{Name: `"`, Data: []byte(`[]`), Type: madang.Args})
	i.Emitted("/elsewhere", nil, nil, &madang.Message{Name: "no", Data: []byte(`[]`), Type: madang.Args})
	i.Emitted("/", nil, nil, &madang.Message{Name: "bin", Data: []byte(`[{"_placeholder":true,"num":0}]`), Attachments: [][]byte{{1}}, Type: madang.Args})
	i.Joined("/", []string{"red"}, nil, []string{"a", "b"})
	i.Left("/", nil, []string{"x"}, []string{"a"})
	i.Disconnected("/", []string{"red"}, nil)
	same(t, "published", e.heard(t, 6), []string{
		`t#/#red# ["madang--7",{"data":["a",1],"nsp":"/","type":2},{"except":[],"flags":{"volatile":true},"rooms":["red"]}]`,
		`t#/# ["madang--7",{"data":["\""],"nsp":"/","type":2},{"except":["x"],"flags":{},"rooms":[]}]`,
		`t#/# ["madang--7",{"data":["bin",{"_placeholder":true,"num":0}],"nsp":"/","type":2},{"except":[],"flags":{},"rooms":[]}]`,
		`t-request#/# {"opts":{"except":[],"rooms":["red"]},"rooms":["a","b"],"type":2,"uid":"madang--7"}`,
		`t-request#/# {"opts":{"except":["x"],"rooms":[]},"rooms":["a"],"type":3,"uid":"madang--7"}`,
		`t-request#/# {"close":false,"opts":{"except":[],"rooms":["red"]},"type":4,"uid":"madang--7"}`,
	})
	eventually(t, "the stream has it", func() bool { return r.Do("XLEN", "t") == "6" })
	entries := strings.Split(r.Do("XRANGE", "t", "-", "+"), "\n")
	for _, want := range []string{
		"madang--7+", `{"opts":{"except":[],"flags":{"volatile":true},"rooms":["red"]},"packet":{"data":["a",1],"nsp":"/","type":2}}`,
		`{"opts":{"except":["x"],"flags":{},"rooms":[]},"rooms":["a"]}`, `{"close":false,"opts":{"except":[],"flags":{},"rooms":["red"]}}`,
	} {
		if !slices.Contains(entries, want) {
			t.Errorf("the stream does not have %s:\n%s", want, strings.Join(entries, "\n"))
		}
	}
	eventually(t, "all are counted", func() bool { return i.Stats().Told == 12 })
	if s := i.Stats(); s.Emitted+s.Ordered+s.Received != 0 {
		t.Errorf("it has come back: %+v", s)
	}
}

func newNamespaces(t *testing.T, r *redistest.Server) {
	rooms := &fake{names: []string{"/"}}
	e := listen(t, r, "n-response*")
	begin(t, rooms, dialer(r.Addr), func(c *Config, _ *Options) { c.Key = "n" })
	rooms.mu.Lock()
	rooms.names = append(rooms.names, "/new")
	rooms.mu.Unlock()
	eventually(t, "the node counts", func() bool {
		return strings.HasSuffix(strings.TrimSpace(r.Do("PUBSUB", "NUMSUB", "n-request#/new#")), "1")
	})
	r.Do("PUBLISH", "n-request#/new#", `{"requestId":"q","type":1}`)
	same(t, "answers", e.heard(t, 1), []string{`n-response#/new# {"requestId":"q","rooms":["1.1","1.2","red"]}`})
}

// strangeKey: what means something in patterns of Redis stands for itself in a key.
func strangeKey(t *testing.T, r *redistest.Server) {
	const key = `k[a-z]*?\^`
	rooms := &fake{names: []string{"/"}}
	begin(t, rooms, dialer(r.Addr), func(c *Config, _ *Options) { c.Key, c.Namespaces = key, []string{"/"} })
	const text = `["u",{"type":2,"data":["end"]},{}]`
	r.Do("PUBLISH", `kbxyz\^#/#`, text)
	r.Do("PUBLISH", key+"#/#", text)
	same(t, "done", rooms.took(t, "emit / end [] to [] but [], false, []"), []string{"emit / end [] to [] but [], false, []"})
}

// outage: Redis dies and comes back; the node says that it is not ready, and hears again.
func outage(t *testing.T, r *redistest.Server) {
	rooms := &fake{names: []string{"/"}}
	i := begin(t, rooms, dialer(r.Addr), func(c *Config, _ *Options) { c.Key = "o" })
	r.Kill()
	eventually(t, "it is not ready", func() bool { return i.Ready(t.Context()) != nil })
	for range maxOutbox + 5 {
		i.Disconnected("/", nil, nil)
	}
	if s := i.Stats(); s.Untold == 0 || s.Connected || s.Outages != 1 {
		t.Errorf("what waits is not bounded: %+v", s)
	}
	r.Restart()
	eventually(t, "it is ready", func() bool { return i.Ready(t.Context()) == nil })
	r.Do("PUBLISH", "o#/#", `["u",{"type":2,"data":["end"]},{}]`)
	rooms.took(t, "emit / end [] to [] but [], false, []")
}

func TestStartWithoutRedis(t *testing.T) {
	away := errors.New("no Redis here")
	i := begin(t, &fake{}, func(context.Context) (rueidis.Client, error) { return nil, away }, nil)
	if err := i.Ready(t.Context()); !errors.Is(err, away) {
		t.Errorf("ready: %v", err)
	}
	if err := i.Start(t.Context()); !errors.Is(err, madang.ErrClosed) {
		t.Errorf("started twice: %v", err)
	}
}

func TestConfig(t *testing.T) {
	if err := (Config{}).Validate(); err != nil {
		t.Errorf("what is off: %v", err)
	}
	for want, change := range map[string]func(*Config){
		"pubsub and streams are both off": func(c *Config) { c.PubSub = false },
		"key is":                          func(c *Config) { c.Key = "" },
		"stream is":                       func(c *Config) { c.Stream = "a\nb" },
		"namespaces[1] is":                func(c *Config) { c.Namespaces = []string{"/a", "b"} },
		"stream_length is 0":              func(c *Config) { c.StreamLength = 0 },
		"max_payload is 0":                func(c *Config) { c.MaxPayload = 0 },
		"retry_max is 0s":                 func(c *Config) { c.RetryMax = 0 },
	} {
		c := Defaults()
		c.Enabled = true
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		change(&c)
		if _, err := New(c, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	c := Defaults()
	c.Enabled = true
	if _, err := New(c, Options{}); err == nil {
		t.Error("there are no rooms, and nobody minds")
	}
}
