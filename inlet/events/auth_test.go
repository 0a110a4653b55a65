package events_test

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/inlet/events"
)

const aBody = `{"name":"e","channel":"c","data":"1"}`

// Every way to get a signature wrong is refused, and nothing is published.
func TestSignatures(t *testing.T) {
	play(t, 1, nil, func(w *world) {
		p := w.connect(0, "", "c")
		now := w.hubs[0].Now()
		const path = "/apps/one/events"
		good := signed(now, "POST", path, aBody)
		for what, x := range map[string]struct {
			target, body string
			status       int
			words        string
		}{
			"unknown app":   {signed(now, "POST", "/apps/three/events", aBody), aBody, 404, "no app"},
			"other app":     {signed(now, "POST", "/apps/two/events", aBody), aBody, 401, "Unknown auth_key"},
			"unknown key":   {signedBy("nobody", secret, now, "POST", path, aBody), aBody, 401, "Unknown auth_key"},
			"other secret":  {signedBy(keyName, "other", now, "POST", path, aBody), aBody, 401, "auth_signature"},
			"key as secret": {signedBy(keyName, keyName, now, "POST", path, aBody), aBody, 401, "auth_signature"},
			"empty secret":  {signedBy(keyName, "", now, "POST", path, aBody), aBody, 401, "auth_signature"},
			"other method":  {signed(now, "GET", path, aBody), aBody, 401, "auth_signature"},
			"other path":    {strings.Replace(signed(now, "POST", "/apps/one/batch_events", aBody), "batch_events", "events", 1), aBody, 401, "auth_signature"},
			"other body":    {good, strings.Replace(aBody, "1", "2", 1), 401, "body_md5"},
			"no body":       {good, "", 401, "body_md5"},
			"no md5":        {signed(now, "POST", path, ""), aBody, 401, "body_md5"},
			"old":           {signed(now.Add(-601*time.Second), "POST", path, aBody), aBody, 401, "auth_timestamp"},
			"early":         {signed(now.Add(601*time.Second), "POST", path, aBody), aBody, 401, "auth_timestamp"},
			"changed time":  {strings.Replace(good, "auth_timestamp=9", "auth_timestamp=09", 1), aBody, 401, "auth_signature"},
			"more":          {good + "&info=cache", aBody, 401, "auth_signature"},
			"version":       {strings.Replace(good, "auth_version=1.0", "auth_version=2.0", 1), aBody, 401, "auth_version"},
			"empty":         {path + "?auth_signature=", aBody, 401, "auth_key"},
		} {
			t.Run(what, func(*testing.T) {
				w.refused(w.do(0, "POST", x.target, x.body), x.status, x.words)
				w.hears(p)
			})
		}
		w.want(w.do(0, "POST", good, aBody), 200, `{}`)
		w.hears(p, "c e json 1")
		w.want(w.do(0, "POST", signedBy("spare", "other", now, "POST", path, aBody), aBody), 200, `{}`)
		w.hears(p, "c e json 1")
		time.Sleep(10*time.Minute + time.Second)
		w.refused(w.do(0, "POST", good, aBody), 401, "auth_timestamp")
		w.hears(p)
	})
}

// unread is a body that nobody may ask for.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body of a stranger's request is read")
	return 0, io.EOF
}

// Whoever knows only what is public cannot make the server take in a body.
func TestBodiesOfStrangers(t *testing.T) {
	w := build(t, 1, madang.Config{}, madang.Rules{}, nil)
	for _, target := range []string{
		"/apps/one/events", "/apps/one/events?auth_key=" + keyName, "/apps/one/events?auth_signature=x",
		signedBy(keyName, keyName, w.hubs[0].Now(), "POST", "/apps/one/events", aBody),
	} {
		rec := httptest.NewRecorder()
		w.mux[0].ServeHTTP(rec, httptest.NewRequest("POST", target, unread{t}))
		if rec.Code != 401 && rec.Code != 403 {
			t.Errorf("%s: %d %s", target, rec.Code, rec.Body)
		}
	}
}

// What the libraries write besides the ordinary is understood as they signed it.
func TestSignedOtherwise(t *testing.T) {
	play(t, 1, nil, func(w *world) {
		w.connect(0, "ann", "presence-a=b@c,d.e;f")
		now := w.hubs[0].Now()
		// PHP signs an array as a,b and sends info[0]=a&info[1]=b.
		target := signed(now, "GET", "/apps/one/channels/presence-a", "", "info", "subscription_count,user_count")
		php := strings.Replace(target, "info=subscription_count%2Cuser_count", "info%5B0%5D=subscription_count&info%5B1%5D=user_count", 1)
		if php == target {
			t.Fatal("there is nothing to replace")
		}
		w.want(w.do(0, "GET", php, ""), 200, `{"occupied":false,"subscription_count":0,"user_count":0}`)
		w.refused(w.do(0, "GET", strings.Replace(php, "%5B1%5D=user_count", "%5B1%5D=cache", 1), ""), 401, "auth_signature")
		// Node's library escapes nothing.
		target = signed(now, "GET", "/apps/one/channels", "", "filter_by_prefix", "presence-a=b@c,d.e;f")
		node := strings.Replace(target, "presence-a%3Db%40c%2Cd.e%3Bf", "presence-a=b@c,d.e;f", 1)
		if node == target {
			t.Fatal("there is nothing to replace")
		}
		w.want(w.do(0, "GET", node, ""), 200, `{"channels":{"presence-a=b@c,d.e;f":{}}}`)
		// A path may be signed before or after it was escaped.
		w.want(w.get("/apps/one/channels/a%40b"), 200, `{"occupied":false}`)
		escaped := signed(now, "GET", "/apps/one/channels/a%2540b", "")
		w.want(w.do(0, "GET", strings.Replace(escaped, "%2540", "%40", 1), ""), 200, `{"occupied":false}`)
	})
	play(t, 1, func(c *events.Config) { c.PathPrefix = "/ws" }, func(w *world) {
		target := signed(w.hubs[0].Now(), "GET", "/ws/apps/one/channels", "")
		w.want(w.do(0, "GET", strings.TrimPrefix(target, "/ws"), ""), 200, `{"channels":{}}`)
		w.want(w.do(0, "GET", target, ""), 200, `{"channels":{}}`)
		w.want(w.do(0, "POST", "/ws/apps/one/events?auth_key="+echoKey, aBody), 200, `{"message":"ok"}`)
		w.refused(w.do(0, "GET", "/ws/apps/one/nothing", ""), 404, "no such path")
		w.refused(w.get("/apps/one/channels"), 401, "as this server sees it (/ws/apps/one/channels)")
	})
}

// Only the echo key opens the second door, and only for its app.
func TestEchoKeys(t *testing.T) {
	play(t, 1, nil, func(w *world) {
		p := w.connect(0, "", "c")
		const path, no = "/apps/one/events", `{"error":"Unauthorized"}`
		w.want(w.do(0, "POST", path, aBody), 403, no)
		for _, wrong := range []string{"", keyName, secret, echoKey + "x", echoKey[:31], "Bearer", "Bearer " + secret, "Basic " + echoKey, "bearer " + echoKey} {
			w.want(w.do(0, "POST", path, aBody, "Authorization", wrong), 403, no)
			w.want(w.do(0, "POST", path+"?auth_key="+strings.ReplaceAll(wrong, " ", "%20"), aBody), 403, no)
		}
		for _, other := range []string{"/apps/two/events", "/apps/three/events", "/apps//events"} {
			if got := w.do(0, "POST", other, aBody, "Authorization", echoKey); got.status == 200 {
				t.Errorf("%s: %v", other, got)
			}
		}
		w.want(w.do(0, "POST", "/apps/two/events", aBody, "Authorization", ""), 403, no)
		w.want(w.do(0, "POST", "/apps/two/events?auth_key=", aBody), 403, no)
		w.want(w.do(0, "POST", "/apps/two/events?auth_key=key2", aBody), 403, no)
		w.refused(w.do(0, "POST", "/apps/one/batch_events", aBody, "Authorization", echoKey), 404, "signed")
		w.refused(w.do(0, "POST", "/apps/one/batch_events", aBody), 401, "auth_signature is missing")
		w.hears(p)

		w.want(w.do(0, "POST", path, aBody, "Authorization", echoKey), 200, `{"message":"ok"}`)
		w.want(w.do(0, "POST", path, aBody, "Authorization", "Bearer "+echoKey), 200, `{"message":"ok"}`)
		w.want(w.do(0, "POST", path+"?auth_key="+echoKey, aBody), 200, `{"message":"ok"}`)
		// Laravel's pusher broadcaster with laravel-echo-server's key and a secret that nobody knows.
		w.want(w.do(0, "POST", signedBy(echoKey, "dummy", w.hubs[0].Now(), "POST", path, aBody), aBody), 200, `{"message":"ok"}`)
		// A proxy's own header does not stand in the way of a signature.
		w.want(w.do(0, "POST", signed(w.hubs[0].Now(), "POST", path, aBody), aBody, "Authorization", "Basic xyz"), 200, `{}`)
		w.hears(p, "c e json 1", "c e json 1", "c e json 1", "c e json 1", "c e json 1")
	})
}

// The answer to a wrong key is always the same; the log says more.
func TestWhyNot(t *testing.T) {
	play(t, 1, nil, func(w *world) {
		for request, why := range map[string]string{
			"/apps/none/channels?auth_key=x":               "no app",
			"/apps/one/channels":                           "neither",
			"/apps/two/channels?auth_key=" + echoKey:       "no echo key",
			"/apps/one/channels?auth_key=" + keyName:       "must sign",
			"/apps/one/channels?auth_key=" + echoKey + "x": "not the app's echo key",
		} {
			w.log.Reset()
			w.want(w.do(0, "GET", request, ""), 403, `{"error":"Unauthorized"}`)
			if !strings.Contains(w.log.String(), why) || strings.Contains(w.log.String(), echoKey) {
				t.Errorf("%s: logged %s", request, w.log.String())
			}
		}
	})
}

// An alias is another id of an app, for requests with the alias's own key and for no others.
func TestAliases(t *testing.T) {
	play(t, 1, nil, func(w *world) {
		p, other := w.connect(0, "", "c"), w.connectTo("two", 0, "", "c")
		const no = `{"error":"Unauthorized"}`
		for _, key := range []string{"", echoKey, secret, keyName, branchKey + "x"} {
			w.want(w.do(0, "POST", "/apps/branch/events", aBody, "Authorization", key), 403, no)
		}
		for _, app := range []string{"one", "two"} {
			w.want(w.do(0, "POST", "/apps/"+app+"/events", aBody, "Authorization", branchKey), 403, no)
		}
		w.refused(w.post("/apps/branch/events", aBody), 404, "no app")
		w.log.Reset()
		w.want(w.do(0, "POST", "/apps/branch/events?auth_key="+echoKey, aBody), 403, no)
		if !strings.Contains(w.log.String(), "echo alias") {
			t.Errorf("logged %s", w.log)
		}
		w.hears(p)
		w.want(w.do(0, "POST", "/apps/branch/events", aBody, "Authorization", branchKey), 200, `{"message":"ok"}`)
		w.want(w.do(0, "GET", "/apps/branch/channels?auth_key="+branchKey, ""), 200, `{"channels":{"c":{"subscription_count":1,"occupied":true}}}`)
		w.hears(p, "c e json 1")
		w.hears(other)
	})
}

// A read-only interface answers questions, and has no other paths, for either kind of backend.
func TestReadOnly(t *testing.T) {
	play(t, 1, func(c *events.Config) { c.ReadOnly = true }, func(w *world) {
		p := w.connect(0, "7", "c")
		for _, path := range []string{"/apps/one/events", "/apps/one/batch_events", "/apps/one/users/7/terminate_connections"} {
			w.refused(w.post(path, aBody), 404, "no such path")
			w.refused(w.do(0, "POST", path, aBody, "Authorization", echoKey), 404, "no such path")
			w.refused(w.do(0, "OPTIONS", path, ""), 404, "no such path")
		}
		w.hears(p)
		if p.closed() != nil {
			t.Error("a connection was ended")
		}
		w.want(w.do(0, "GET", "/apps/one/channels/c", "", "Authorization", echoKey), 200, `{"subscription_count":1,"occupied":true}`)
		w.want(w.get("/apps/one/channels/c"), 200, `{"occupied":true}`)
	})
}

func TestNewRefuses(t *testing.T) {
	hub := madang.New(madang.Config{})
	for what, key := range map[string]string{"the name of a key": keyName, "another app's": "key2", "the secret": "other"} {
		_, err := events.New(hub, events.Defaults(), events.Options{Apps: tenants(madang.Rules{}), EchoKeys: map[string]string{"one": key}})
		if err == nil {
			t.Errorf("an echo key that is %s was taken", what)
		}
	}
	if _, err := events.New(hub, events.Defaults(), events.Options{EchoKeys: map[string]string{"one": "x"}}); err == nil {
		t.Error("an echo key of no app was taken")
	}
	for what, aliases := range map[string]map[string]events.Alias{
		"without a key": {"x": {App: "one"}}, "that is an app": {"two": {App: "one", EchoKey: "x"}}, "without an id": {"": {App: "one", EchoKey: "x"}},
		"of no app": {"x": {App: "none", EchoKey: "x"}}, "with the secret": {"x": {App: "one", EchoKey: secret}},
		"with a public key": {"x": {App: "one", EchoKey: "key2"}},
	} {
		if _, err := events.New(hub, events.Defaults(), events.Options{Apps: tenants(madang.Rules{}), Aliases: aliases}); err == nil {
			t.Errorf("an alias %s was taken", what)
		}
	}
	for what, change := range map[string]func(*events.Config){
		"small bodies":  func(c *events.Config) { c.MaxBody = 100 },
		"prefix":        func(c *events.Config) { c.PathPrefix = "ws" },
		"prefix ending": func(c *events.Config) { c.PathPrefix = "/ws/" },
		"prefix marks":  func(c *events.Config) { c.PathPrefix = "/{app}" },
		"header name":   func(c *events.Config) { c.Headers = map[string]string{"a b": "c"} },
		"header value":  func(c *events.Config) { c.Headers = map[string]string{"a": "b\r\nc: d"} },
		"origin":        func(c *events.Config) { c.CORS = events.CORS{Allow: true, Origin: "a\nb"} },
	} {
		cfg := events.Defaults()
		change(&cfg)
		if _, err := events.New(hub, cfg, events.Options{}); err == nil {
			t.Errorf("%s: taken", what)
		}
	}
	if _, err := events.New(hub, events.Defaults(), events.Options{}); err != nil {
		t.Error(err)
	}
}
