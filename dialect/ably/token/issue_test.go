package token

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"madang"
)

// Requests that the real clients signed: their macs are right, and every change makes them wrong.
func TestRequestsOfTheClients(t *testing.T) {
	var file struct {
		Key     string
		Vectors []struct {
			Client, What string
			Request      json.RawMessage
		}
	}
	read(t, "testdata/requests.json", &file)
	if file.Key != key1 || len(file.Vectors) < 20 {
		t.Fatalf("%s, %d vectors", file.Key, len(file.Vectors))
	}
	for _, v := range file.Vectors {
		what := v.Client + ", " + v.What
		q, err := ParseRequest(v.Request)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		r := newRig(t)
		made, _ := integer(q.Timestamp)
		r.now = time.UnixMilli(made)
		for name, spoil := range map[string]func(*Request){
			"ttl": func(q *Request) { q.TTL += "1" }, "capability": func(q *Request) { q.Capability += " " },
			"client": func(q *Request) { q.ClientID += "x" }, "time": func(q *Request) { q.Timestamp += ".0" },
			"nonce": func(q *Request) { q.Nonce += "x" }, "mac": func(q *Request) { q.MAC = strings.ToUpper(q.MAC) },
			"no mac": func(q *Request) { q.MAC = "" }, "mac and more": func(q *Request) { q.MAC += "=" },
		} {
			other := *q
			spoil(&other)
			_, err := r.Issue(context.Background(), "app1.key1", nil, &other)
			wants(t, what+" spoilt in "+name, err, CodeCredentials)
		}
		d := r.issue(t, q)
		if got := r.verify(t, d.Token); d.ClientID != q.ClientID || got.Wildcard != (q.ClientID == "*") || !got.Wildcard && got.ClientID != q.ClientID {
			t.Errorf("%s: %+v, %+v", what, d, got)
		}
		_, err = r.Issue(context.Background(), "app1.key1", nil, q)
		wants(t, what+" again", err, CodeNonce)
	}
}

func TestIssuedToken(t *testing.T) {
	r := newRig(t)
	d := r.issue(t, r.request())
	if d.KeyName != "app1.key1" || d.Issued != at*1000 || d.Expires != d.Issued+3600_000 || d.Capability != `{"*":["*"]}` || d.ClientID != "" {
		t.Errorf("%+v", d)
	}
	if !strings.HasPrefix(d.Token, "app1.") || len(d.Token) >= 343 {
		t.Errorf("%d bytes: %s", len(d.Token), d.Token)
	}
	again := r.issue(t, r.request())
	if again.Token == d.Token {
		t.Error("two tokens are the same")
	}
	full := r.issue(t, r.request(func(q *Request) {
		q.ClientID, q.TTL, q.Capability = "user@example.com", "86400000", `{"chat:*":["publish","subscribe","presence","history"],"news":["subscribe"]}`
	}))
	if len(full.Token) >= 343 || full.Expires != full.Issued+86400_000 {
		t.Errorf("%d bytes, %+v", len(full.Token), full)
	}
	got := r.verify(t, full.Token)
	if got.App != "app1" || got.Key != "app1.key1" || got.ClientID != "user@example.com" || got.Wildcard || got.Basic ||
		got.Capability.String() != full.Capability || got.Issued.UnixMilli() != full.Issued || got.Expires.UnixMilli() != full.Expires {
		t.Errorf("%+v", got)
	}
	// What it says is not for the client's eyes.
	if strings.Contains(full.Token, "user") {
		t.Error("the client id is in the clear")
	}
	b, err := json.Marshal(d)
	if err != nil || strings.Contains(string(b), "clientId") || !strings.Contains(string(b), `"keyName":"app1.key1"`) {
		t.Errorf("%s, %v", b, err)
	}
}

func TestBadRequests(t *testing.T) {
	for _, x := range []struct {
		what   string
		change func(*Request)
		code   int
	}{
		{"early", func(q *Request) { q.Timestamp = strconv.Itoa(at*1000 - 120_001) }, CodeClock},
		{"late", func(q *Request) { q.Timestamp = strconv.Itoa(at*1000 + 120_001) }, CodeClock},
		{"just early", func(q *Request) { q.Timestamp = strconv.Itoa(at*1000 - 120_000) }, 0},
		{"just late", func(q *Request) { q.Timestamp = strconv.Itoa(at*1000 + 120_000) }, 0},
		{"seconds", func(q *Request) { q.Timestamp = strconv.Itoa(at) }, CodeClock},
		{"no time", func(q *Request) { q.Timestamp = "" }, CodeBadValue},
		{"not a time", func(q *Request) { q.Timestamp = "now" }, CodeBadValue},
		{"end of time", func(q *Request) { q.Timestamp = "9223372036854775807" }, CodeBadValue},
		{"no nonce", func(q *Request) { q.Nonce = "" }, CodeNonce},
		{"short nonce", func(q *Request) { q.Nonce = "123456789012345" }, CodeNonce},
		{"nonce of 16", func(q *Request) { q.Nonce = "1234567890123456" }, 0},
		{"long nonce", func(q *Request) { q.Nonce = strings.Repeat("n", 256) }, CodeNonce},
		{"ttl of 1", func(q *Request) { q.TTL = "1" }, 0},
		{"ttl of a day", func(q *Request) { q.TTL = "86400000.0" }, 0},
		{"ttl of more", func(q *Request) { q.TTL = "86400001" }, CodeBadValue},
		{"ttl of a year", func(q *Request) { q.TTL = "31536000000" }, CodeBadValue},
		{"negative ttl", func(q *Request) { q.TTL = "-1" }, CodeBadValue},
		{"ttl that is none", func(q *Request) { q.TTL = "notanumber" }, CodeBadValue},
		{"ttl with a fraction", func(q *Request) { q.TTL = "1.5" }, CodeBadValue},
		{"ttl without bounds", func(q *Request) { q.TTL = "1e300" }, CodeBadValue},
		{"unknown operation", func(q *Request) { q.Capability = `{"channel0":["publish_"]}` }, CodeBadRequest},
		{"* and others", func(q *Request) { q.Capability = `{"channel0":["*","publish"]}` }, CodeBadRequest},
		{"no operations", func(q *Request) { q.Capability = `{"channel0":[]}` }, CodeBadRequest},
		{"no resources", func(q *Request) { q.Capability = `{}` }, CodeDenied},
		{"line break in the capability", func(q *Request) { q.Capability = "{\n}" }, CodeBadValue},
		{"line break in the client id", func(q *Request) { q.ClientID = "bob\n" }, CodeClientID},
		{"long client id", func(q *Request) { q.ClientID = strings.Repeat("b", 1025) }, CodeClientID},
		{"another key's", func(q *Request) { q.KeyName = "app1.limited" }, CodeCredentials},
	} {
		r := newRig(t)
		_, err := r.Issue(context.Background(), "app1.key1", nil, r.request(x.change))
		wants(t, x.what, err, x.code)
	}
}

// A backend that signs whatever client id it is given must not be made to sign another request by it.
func TestFieldsCannotFlowIntoEachOther(t *testing.T) {
	r := newRig(t)
	stamp := strconv.Itoa(at * 1000)
	signed := r.request(func(q *Request) { q.ClientID = "admin\n" + stamp + "\nnonce of at least 16" })
	forged := &Request{KeyName: signed.KeyName, ClientID: "admin", Timestamp: stamp,
		Nonce: "nonce of at least 16\n" + signed.Timestamp + "\n" + signed.Nonce, MAC: signed.MAC}
	if forged.text() != signed.text() {
		t.Fatalf("the texts differ: %q, %q", forged.text(), signed.text())
	}
	_, err := r.Issue(context.Background(), "app1.key1", nil, forged)
	wants(t, "forged", err, CodeBadValue)
}

func TestLimitedKey(t *testing.T) {
	limited := func(capability string) func(*Request) {
		return func(q *Request) { q.KeyName, q.Capability = "app1.limited", capability }
	}
	r := newRig(t)
	for asked, want := range map[string]string{
		"": `{"canpublish:*":["publish"],"cansubscribe:*":["subscribe"],"channel2":["publish","subscribe"]}`,
		`{"channel2":["*"],"channelx":["presence"]}`: `{"channel2":["publish","subscribe"]}`,
		`{"canpublish:check":["publish"]}`:           `{"canpublish:check":["publish"]}`,
	} {
		d := r.issue(t, r.request(limited(asked)))
		if got := r.verify(t, d.Token).Capability.String(); d.Capability != want || got != want {
			t.Errorf("%s: %s, in the token %s", asked, d.Capability, got)
		}
	}
	_, err := r.Issue(context.Background(), "app1.limited", nil, r.request(limited(`{"canpublish:test":["subscribe"]}`)))
	wants(t, "nothing in common", err, CodeDenied)
	if !errors.Is(err, madang.ErrForbidden) {
		t.Errorf("%v is not forbidden", err)
	}
	_, err = r.Issue(context.Background(), "app1.none", nil, r.request(func(q *Request) { q.KeyName, q.Capability = "app1.none", `{"a":["*"]}` }))
	wants(t, "a key without any rights", err, CodeDenied)
}

// What is refused for another reason has not used the request up.
func TestRefusedRequestKeepsItsNonce(t *testing.T) {
	r := newRig(t)
	q := r.request()
	r.after(-3 * time.Minute)
	_, err := r.Issue(context.Background(), q.KeyName, nil, q)
	wants(t, "too early", err, CodeClock)
	r.after(0).issue(t, q)
}

func TestIssueForWhoHasTheKey(t *testing.T) {
	ctx := context.Background()
	r := newRig(t)
	by, err := r.Basic(key1)
	if err != nil {
		t.Fatal(err)
	}
	d, err := r.Issue(ctx, "app1.key1", by, &Request{ClientID: "bob", TTL: "1000"})
	if err != nil || d.ClientID != "bob" || d.Expires-d.Issued != 1000 {
		t.Errorf("%+v, %v", d, err)
	}
	_, err = r.Issue(ctx, "app1.key1", by, &Request{KeyName: "app1.key1"})
	wants(t, "named", err, 0)
	_, err = r.Issue(ctx, "app1.limited", by, &Request{})
	wants(t, "for another key", err, CodeCredentials)
	_, err = r.Issue(ctx, "app1.key1", by, &Request{KeyName: "app1.limited"})
	wants(t, "for another key inside", err, CodeCredentials)
	_, err = r.Issue(ctx, "app1.key1", by, &Request{KeyName: "app1.key1", MAC: "12345"})
	wants(t, "with a bad mac all the same", err, CodeCredentials)
	_, err = r.Issue(ctx, "app1.key1", nil, &Request{KeyName: "app1.key1"})
	wants(t, "without anything", err, CodeCredentials)
	_, err = r.Issue(ctx, "app1.key1", r.verify(t, d.Token), &Request{KeyName: "app1.key1"})
	wants(t, "with a token", err, CodeCredentials)
	_, err = r.Issue(ctx, "app3.key", by, &Request{})
	wants(t, "of no key", err, CodeNotFound)
	_, err = r.Issue(ctx, "app1.key1", by, &Request{ClientID: "a\nb"})
	wants(t, "with a line break", err, CodeClientID)
}

func TestParseRequest(t *testing.T) {
	for body, code := range map[string]int{
		`{"keyName":"app1.key1","ttl":"5000","timestamp":"1795352400000","nonce":"x","mac":"y","other":{}}`: 0,
		`{"capability":{"a":["*"]},"clientId":null,"ttl":null}`:                                             0,
		``:                      CodeBadBody,
		`null`:                  CodeBadBody,
		`[]`:                    CodeBadBody,
		`{"keyName":"a"`:        CodeBadBody,
		`{"clientId":""}`:       CodeClientID,
		`{"clientId":7}`:        CodeClientID,
		`{"clientId":["a"]}`:    CodeClientID,
		`{"ttl":{}}`:            CodeBadValue,
		`{"ttl":true}`:          CodeBadValue,
		`{"nonce":12345678901}`: CodeBadValue,
		`{"capability":["*"]}`:  CodeBadValue,
		`{"keyName":{}}`:        CodeBadValue,
		`{"nonce":"` + strings.Repeat("x", MaxRequest) + `"}`: CodeBadBody,
	} {
		_, err := ParseRequest([]byte(body))
		wants(t, body[:min(len(body), 60)], err, code)
	}
	q, err := ParseRequest([]byte(`{"ttl":5e3,"timestamp":1795352400000,"capability":{"a":["*"]}}`))
	if err != nil || q.TTL != "5e3" || q.Timestamp != "1795352400000" || q.Capability != `{"a":["*"]}` {
		t.Errorf("%+v, %v", q, err)
	}
}

// Tokens outlive the process that gave them, so their form is kept: this one was given by the first that did.
func TestTokensOfOldStayGood(t *testing.T) {
	const given = "app1.AYCh3pqgNARrZXkx6uQ62qRC_KSF6gD8DLkFeKBUkFS1vRSgJksiZcwa0EjtC0JhORHq6l19xUjTdrC_kLkO3eoNLgOH6_cKEKfYrWhDm8auNQ"
	d := newRig(t).verify(t, given)
	if d.App != "app1" || d.Key != "app1.key1" || d.ClientID != "bob" || d.Capability.String() != `{"chat:*":["publish","subscribe"]}` ||
		d.Issued.Unix() != at || d.Expires.Unix() != at+3600 {
		t.Errorf("%+v", d)
	}
}

// What two capabilities have in common can be larger than either, and than a token may be.
func TestCommonCapabilityIsBounded(t *testing.T) {
	list := func(format string) string {
		var b strings.Builder
		for i := range 40 {
			fmt.Fprintf(&b, ","+format, i)
		}
		return "{" + b.String()[1:] + "}"
	}
	keys, err := FromApps(madang.NewApps(madang.App{ID: "app1", Keys: []madang.Key{{Name: "key1", Secret: secret1}}}),
		map[string]Rights{"app1.key1": {Capability: list(`"*:k%d":["*"]`)}})
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(c *Config) { c.Keys = keys })
	asked := list(`"t%d:*":["*"]`)
	_, err = r.Issue(context.Background(), "app1.key1", nil, r.request(func(q *Request) { q.Capability = asked }))
	wants(t, "1600 resources of 40 and 40", err, CodeBadRequest)
	claims, err := json.Marshal(map[string]any{"iat": at, "exp": at + 1, "x-ably-capability": asked})
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Verify(context.Background(), sign(secret1, head, string(claims)))
	wants(t, "in a JWT", err, CodeBadRequest)
}

func TestDefaults(t *testing.T) {
	r := newRig(t)
	a := New(Config{Keys: r.keys})
	q := &Request{KeyName: "app1.key1", Timestamp: strconv.FormatInt(time.Now().UnixMilli(), 10), Nonce: "1234567890123456"}
	q.Sign(secret1)
	d, err := a.Issue(context.Background(), "app1.key1", nil, q)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Verify(context.Background(), d.Token); err != nil {
		t.Error(err)
	}
	_, err = a.Issue(context.Background(), "app1.key1", nil, q)
	wants(t, "again", err, CodeNonce)
}
