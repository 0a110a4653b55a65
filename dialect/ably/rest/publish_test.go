package rest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"madang/dialect/ably"
	"madang/dialect/ably/token"
)

// A published is the answer to a publish.
type published struct {
	Channel   string   `json:"channel"`
	MessageID string   `json:"messageId"`
	Serials   []string `json:"serials"`
	Error     *struct {
		Code int `json:"code"`
	} `json:"error"`
}

func TestPublishAndHistory(t *testing.T) {
	w := build(t, nil)
	for _, msgpack := range []bool{false, true} {
		path := fmt.Sprintf("/channels/room%%2F%v/messages", msgpack)
		q := request{key: rootKey, msgpack: msgpack}
		q.body = []any{
			map[string]any{"name": "text", "data": "한국", "clientId": "kim"}, map[string]any{"name": "object", "data": map[string]any{"a": 1}},
			map[string]any{"name": "bytes", "data": "AP8=", "encoding": "base64", "extras": map[string]any{"headers": map[string]any{"k": "v"}}},
			map[string]any{"name": "cipher", "data": "AP8=", "encoding": "utf-8/cipher+aes-256-cbc/base64"}, map[string]any{"name": "none"},
		}
		var out published
		w.do("POST", path, q).ok(201).into(&out)
		if out.Channel != fmt.Sprintf("room/%v", msgpack) || out.MessageID == "" || len(out.Serials) != 5 {
			t.Errorf("%+v", out)
		}
		for _, read := range []bool{false, true} {
			all, _ := w.history(path+"?direction=forwards", request{key: rootKey, msgpack: read})
			if names(all) != "text object bytes cipher none" {
				t.Fatalf("the history is %+v", all)
			}
			base64 := map[bool]string{false: "base64", true: ""}[read] // MessagePack has bytes
			for i, want := range []struct{ data, encoding string }{
				{"한국", ""}, {`{"a":1}`, "json"}, {"AP8=", base64}, {"AP8=", strings.TrimSuffix("utf-8/cipher+aes-256-cbc/"+base64, "/")}, {"", ""},
			} {
				m := all[i]
				if text, _ := m.Data.(string); text != want.data || m.Encoding != want.encoding || m.Serial != out.Serials[i] ||
					m.ID != fmt.Sprintf("%s:%d", out.MessageID, i) || m.Timestamp == 0 || m.ConnectionID != "" {
					t.Errorf("message %d: %+v, want %v", i, m, want)
				}
			}
			if all[0].ClientID != "kim" || string(all[2].Extras) != `{"headers":{"k":"v"}}` {
				t.Errorf("%+v", all)
			}
		}
	}
	var one message
	all, _ := w.history("/channels/room%2Ftrue/history?limit=1", request{key: rootKey})
	for _, msgpack := range []bool{false, true} {
		w.do("GET", "/channels/room%2Ftrue/messages/"+all[0].Serial, request{key: rootKey, msgpack: msgpack}).ok(200).into(&one)
		if one.Serial != all[0].Serial || one.Name != "none" {
			t.Errorf("%+v", one)
		}
	}
	w.do("GET", "/channels/room%2Ftrue/messages/"+all[0].Serial, request{key: rootKey, header: map[string]string{"X-Ably-Version": "6"}}).ok(200)
	w.do("GET", "/channels/room%2Ftrue/messages/19@x:0", request{key: rootKey}).refused(40400)
	w.do("GET", "/channels/room%2Ftrue/messages/what", request{key: rootKey}).refused(40003)
}

func TestBareBodies(t *testing.T) {
	w := build(t, nil)
	for kind, body := range map[string]string{"text/plain; charset=utf-8": "5", "application/json": `{"a":1}`, "image/png": "\x89PNG"} {
		w.do("POST", "/channels/bare/messages?enveloped=false&name="+kind[:4], request{
			key: rootKey, body: body, header: map[string]string{"Content-Type": kind},
		}).ok(201)
	}
	w.do("POST", "/channels/bare/messages?enveloped=false", request{key: rootKey, body: "{"}).refused(40001)
	all, _ := w.history("/channels/bare/messages", request{key: rootKey})
	got := map[string]string{}
	for _, m := range all {
		got[m.Name] = fmt.Sprint(m.Data, " ", m.Encoding)
	}
	if len(got) != 3 || got["text"] != "5 " || got["appl"] != `{"a":1} json` || got["imag"] != "iVBORw== base64" {
		t.Errorf("%v", got)
	}
}

func TestIDs(t *testing.T) {
	w := build(t, nil)
	send := func(ids ...string) *response {
		var body []any
		for _, id := range ids {
			body = append(body, map[string]any{"name": id, "id": id})
		}
		return w.do("POST", "/channels/ids/messages", request{key: rootKey, body: body})
	}
	var wg sync.WaitGroup
	for range 5 { // of the same requests at once, one publishes
		wg.Go(func() { send("any").ok(201) })
		wg.Go(func() { send("b:0", "b:1").ok(201) })
	}
	wg.Wait()
	var first, again published
	send("one:0").ok(201).into(&first)
	send("one:0").ok(201).into(&again)
	if first.MessageID != "one" || fmt.Sprint(first) != fmt.Sprint(again) {
		t.Errorf("first %v, again %v", first, again)
	}
	for _, bad := range [][]string{{"x:0", "x:2"}, {"x:0", "y:1"}, {"x:1", "x:0"}, {"x", "x"}, {"x:0", ""}, {":0", ":1"}, {strings.Repeat("x", 257)}} {
		send(bad...).refused(40031)
	}
	if all, _ := w.history("/channels/ids/messages", request{key: rootKey}); len(all) != 4 {
		t.Errorf("the history is %s", names(all))
	}
	w.shift.Store(3 * 60_000) // by now nobody repeats it
	send("one:0").ok(201).into(&again)
	if again.Serials[0] == first.Serials[0] {
		t.Error("an id is known for ever")
	}
}

func TestRefusedPublishes(t *testing.T) {
	w := build(t, nil)
	const path = "/channels/room/messages"
	long := strings.Repeat("x", 64<<10)
	for _, c := range []struct {
		path string
		q    request
		code int
	}{
		{path, request{body: `{}`}, 40101},
		{path, request{key: "main.root:wrong", body: `{}`}, 40101},
		{path, request{token: "main.what", body: `{}`}, 40101},
		{path, request{key: readerKey, body: `{}`}, 40160},
		{path, request{key: rootKey, body: `{`}, 40001},
		{path, request{key: rootKey, body: ``}, 40001},
		{path, request{key: rootKey, body: `[]`}, 40000},
		{path, request{key: rootKey, body: `{"data":"` + long + `x"}`}, 40009},
		{path, request{key: rootKey, body: `[{"data":"` + long[:40<<10] + `"},{"data":"` + long[:40<<10] + `"}]`}, 40009},
		{path, request{key: rootKey, body: strings.Repeat(long, 33)}, 40009},
		{path, request{key: rootKey, body: `{"extras":[]}`}, 40000},
		{path, request{key: rootKey, body: `{"action":1,"serial":"11@x:0"}`}, 40000},
		{path, request{key: rootKey, body: `{"connectionKey":"nobody"}`}, 40006},
		{path, request{key: rootKey, msgpack: true, body: "\xc1"}, 40001},
		{path + "?clientId=kim", request{key: rootKey, body: `{"clientId":"lee"}`}, 40012},
		{path, request{key: rootKey, body: `{"clientId":"*"}`}, 40012},
		{path, request{key: rootKey, body: `{}`, header: map[string]string{"X-Ably-ClientId": "?"}}, 40012},
		{"/channels/:room/messages", request{key: rootKey, body: `{}`}, 40010},
		{"/channels/$all/messages", request{key: rootKey, body: `{}`}, 40010},
		{"/channels/%5Bmeta%5Dlog/messages", request{key: rootKey, body: `{}`}, 40010},
	} {
		w.do("POST", c.path, c.q).refused(c.code)
	}
	if all, _ := w.history(path, request{key: rootKey}); len(all) != 0 {
		t.Errorf("%d messages were published", len(all))
	}
}

func TestClientIDs(t *testing.T) {
	w := build(t, nil)
	issue := func(clientID string) string {
		var out token.Issued
		body := map[string]any{"keyName": "main.root"}
		if clientID != "" {
			body["clientId"] = clientID
		}
		w.do("POST", "/keys/main.root/requestToken", request{key: rootKey, body: body}).ok(201).into(&out)
		return out.Token
	}
	kim, anyone, nobody := issue("kim"), issue("*"), issue("")
	for _, c := range []struct {
		token, body, header string
		code                int
		want                string
	}{
		{kim, `{}`, "", 0, "kim"}, {kim, `{"clientId":"kim"}`, "", 0, "kim"}, {kim, `{"clientId":"lee"}`, "", 40012, ""}, {kim, `{}`, "bGVl", 40102, ""},
		{anyone, `{}`, "", 0, ""}, {anyone, `{"clientId":"lee"}`, "", 0, "lee"}, {anyone, `{}`, "bGVl", 0, "lee"}, {nobody, `{}`, "", 0, ""},
		{nobody, `{"clientId":"lee"}`, "", 40012, ""},
	} {
		q := request{token: c.token, body: c.body}
		if c.header != "" {
			q.header = map[string]string{"X-Ably-ClientId": c.header}
		}
		r := w.do("POST", "/channels/who/messages", q)
		if c.code != 0 {
			r.refused(c.code)
			continue
		}
		r.ok(201)
		if all, _ := w.history("/channels/who/messages?limit=1", request{key: rootKey}); all[0].ClientID != c.want {
			t.Errorf("%+v was published by %q", c, all[0].ClientID)
		}
	}
}

// A client id in the query says who asks, but at a presence set whom to list; what the channel is called makes no difference.
func TestClientIDInTheQuery(t *testing.T) {
	w := build(t, nil)
	for _, channel := range []string{"who", "presence-chat.7", "a%2Fpresence"} {
		path := "/channels/" + channel
		w.do("POST", path+"/messages?clientId=kim", request{key: rootKey, body: `{"data":"x"}`}).ok(201)
		if all, _ := w.history(path+"/messages", request{key: rootKey}); len(all) != 1 || all[0].ClientID != "kim" {
			t.Errorf("%s: %+v, want one message of kim", channel, all)
		}
	}
}

func TestPublishOnBehalf(t *testing.T) {
	w := build(t, nil)
	d, err := w.authority.Basic(rootKey)
	if err != nil {
		t.Fatal(err)
	}
	kim, err := d.Identify("kim")
	if err != nil {
		t.Fatal(err)
	}
	other, err := w.authority.Basic(pageKey)
	if err != nil {
		t.Fatal(err)
	}
	w.behalf.Store(&map[string]ably.Connection{
		"secret": {ID: "1.2.0", Details: kim, Echo: true}, "foreign": {ID: "1.3.0", Details: other},
	})
	w.do("POST", "/channels/c/messages", request{key: rootKey, body: `{"name":"a","connectionKey":"secret"}`}).ok(201)
	w.do("POST", "/channels/c/messages", request{key: rootKey, body: `{"clientId":"lee","connectionKey":"secret"}`}).refused(40012)
	w.do("POST", "/channels/c/messages", request{key: rootKey, body: `{"connectionKey":"foreign"}`}).refused(40006)
	all, r := w.history("/channels/c/messages", request{key: rootKey})
	if len(all) != 1 || all[0].ConnectionID != "1.2" || all[0].ClientID != "kim" || strings.Contains(string(r.body), "secret") {
		t.Errorf("%s", r.body)
	}
}

func TestBatchPublish(t *testing.T) {
	w := build(t, nil)
	body := `[{"channels":["both","closed"],"messages":[{"name":"a"},{"name":"b"}]},{"channels":"both","messages":{"name":"c","data":{"x":1}}}]`
	for _, msgpack := range []bool{false, true} {
		var v any
		if err := json.Unmarshal([]byte(body), &v); err != nil {
			t.Fatal(err)
		}
		var out []struct {
			SuccessCount, FailureCount int
			Results                    []published
		}
		w.do("POST", "/messages", request{key: readerKey, body: v, msgpack: msgpack}).ok(201).into(&out)
		if len(out) != 2 || out[0].SuccessCount != 1 || out[0].FailureCount != 1 || out[1].SuccessCount != 1 ||
			out[0].Results[0].MessageID == "" || out[0].Results[1].Error.Code != 40160 || out[0].Results[1].MessageID != "" {
			t.Errorf("%+v", out)
		}
	}
	if all, _ := w.history("/channels/both/messages?direction=forwards", request{key: rootKey}); names(all) != "a b c a b c" {
		t.Errorf("the history is %s", names(all))
	}
	old := map[string]string{"X-Ably-Version": "2"}
	var flat []published
	w.do("POST", "/messages", request{key: rootKey, body: body, header: old}).ok(201).into(&flat)
	if len(flat) != 3 || flat[1].Channel != "closed" || flat[1].MessageID == "" {
		t.Errorf("%+v", flat)
	}
	var partly struct{ BatchResponse []published }
	r := w.do("POST", "/messages", request{key: readerKey, body: body, header: old})
	r.refused(40020)
	if r.into(&partly); len(partly.BatchResponse) != 3 || partly.BatchResponse[1].Error.Code != 40160 {
		t.Errorf("%+v", partly)
	}
	w.do("POST", "/messages?newBatchResponse=true", request{key: readerKey, body: body, header: old}).ok(201)
	for _, bad := range []string{`[]`, `{}`, `{"channels":["` + strings.Repeat(`x","`, 100) + `x"]}`} {
		w.do("POST", "/messages", request{key: rootKey, body: bad}).refused(40000)
	}
	w.do("POST", "/messages", request{key: rootKey, body: `{`}).refused(40001)
	w.do("POST", "/messages", request{body: body}).refused(40101)
}

// What was published over a connection, under an id that the client has chosen, is not published again by a request.
func TestRepeatedConnections(t *testing.T) {
	w := build(t, nil)
	var hello []struct {
		ConnectionDetails struct {
			ConnectionKey string `json:"connectionKey"`
		} `json:"connectionDetails"`
	}
	w.do("GET", "/comet/connect?key="+rootKey, request{}).ok(200).into(&hello)
	if len(hello) == 0 || hello[0].ConnectionDetails.ConnectionKey == "" {
		t.Fatalf("connected: %+v", hello)
	}
	const message = `{"id":"x:0","data":"once"}`
	w.do("POST", "/comet/"+hello[0].ConnectionDetails.ConnectionKey+"/send", request{
		body: `[{"action":15,"channel":"room","msgSerial":0,"messages":[` + message + `]}]`,
	}).ok(204)
	var again published
	w.do("POST", "/channels/room/messages", request{key: rootKey, body: message}).ok(201).into(&again)
	all, _ := w.history("/channels/room/messages", request{key: rootKey})
	if len(all) != 1 || len(again.Serials) != 1 || again.Serials[0] != all[0].Serial {
		t.Errorf("published %+v, answered %+v", all, again)
	}
}
