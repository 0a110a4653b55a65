package token

import (
	"context"
	"errors"
	"strings"
	"testing"

	"madang/dialect/ably/capability"
)

// coded fails for an error that a client could not make sense of.
func coded(t *testing.T, input string, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Code < 40000 || e.Status < 400 || e.Message == "" {
		t.Fatalf("%q: %#v", input, err)
	}
}

// FuzzVerify reads tokens of all kinds. Seeds are good or nearly so; one that is accepted is by a key of the rig's, and
// can do no more than that.
func FuzzVerify(f *testing.F) {
	r := newRig(f, lenient)
	for _, token := range jwts(f) {
		f.Add(token)
	}
	f.Add(r.issue(f, r.request()).Token)
	f.Add(r.issue(f, r.request(func(q *Request) { q.ClientID, q.Capability = "bob", `{"a":["publish"]}` })).Token)
	f.Add(sign("x", `{"alg":"HS256"}`, `{"x-ably-token":"`+sign(secret1, head, `{`+times+`}`)+`"}`))
	for _, s := range []string{"", ".", "..", "....", "app1.AQ", "bnVsbA.bnVsbA.", "e30.e30.", "e30....", "app1.AYCAgICAgICAgAE"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		d, err := r.Verify(context.Background(), token)
		if err != nil {
			coded(t, token, err)
			return
		}
		k, ok := r.keys.Key(d.Key)
		switch {
		case !ok || d.Basic || k.App != d.App:
			t.Fatalf("%q: %+v", token, d)
		case d.Expired(r.now) || d.Expires.IsZero() || d.Expires.Sub(d.Issued) > MaxTTL:
			t.Fatalf("%q lives from %s to %s", token, d.Issued, d.Expires)
		}
		d.Capability.Each(func(resource string, ops capability.Ops) bool {
			if ops&^k.Capability.Ops(resource) != 0 {
				t.Fatalf("%q: %s allows %v", token, resource, ops.Names())
			}
			return true
		})
	})
}

// FuzzParseRequest reads token requests. What is read can be signed, and then be exchanged or refused with a code; the
// token is for the client that asked.
func FuzzParseRequest(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"keyName":"app1.key1","timestamp":1795352400000,"nonce":"1234567890123456","mac":"x"}`,
		`{"ttl":"1e3","capability":{"a":["*"]},"clientId":"*","timestamp":"1795352400000","nonce":"1234567890123456"}`,
		`{"ttl":0,"capability":"{\"a\":[\"subscribe\"]}","clientId":"bob\n","timestamp":-1}`, `{"clientId":""}`, `null`, `[1]`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := newRig(t)
		q, err := ParseRequest([]byte(body))
		if err != nil {
			coded(t, body, err)
			return
		}
		q.KeyName = "app1.key1"
		q.Sign(secret1)
		d, err := r.Issue(context.Background(), "app1.key1", nil, q)
		if err != nil {
			coded(t, body, err)
			return
		}
		if strings.Count(q.text(), "\n") != 6 {
			t.Fatalf("%q is signed in other than six lines", body)
		}
		got := r.verify(t, d.Token)
		if got.Wildcard != (q.ClientID == "*") || !got.Wildcard && got.ClientID != q.ClientID || got.Capability.String() != d.Capability {
			t.Fatalf("%q: %+v", body, got)
		}
	})
}

// FuzzFromHeader reads headers: a key is split as it was joined, a token is never empty.
func FuzzFromHeader(f *testing.F) {
	for _, s := range []string{"", "Basic YTpi", "Bearer YS5i", "Bearer a.b", "basic  YTpi==", "Bearer", "Digest x", "Basic \n", "BEARER _-.+/="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		c, err := FromHeader(header)
		if err != nil {
			coded(t, header, err)
			return
		}
		if name, secret, ok := SplitKey(c.Key); c.Key != "" && (!ok || name+":"+secret != c.Key || c.Token != "") {
			t.Fatalf("%q: %+v", header, c)
		}
		if c == (Credentials{}) && header != "" {
			t.Fatalf("%q: neither credentials nor an error", header)
		}
	})
}

// FuzzParseRevoke reads revocation requests and their targets.
func FuzzParseRevoke(f *testing.F) {
	for _, s := range []string{
		`{"targets":["clientId:a","channel:foo:*","x"],"issuedBefore":1795352400000}`, `{"targets":[]}`, `{"targets":["revocationKey:"]}`,
		`{"issuedBefore":-9223372036854775808,"targets":["clientId:a"]}`, `null`, `{"targets":null}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		q, err := ParseRevoke([]byte(body))
		if err != nil {
			coded(t, body, err)
			return
		}
		r := newRig(t)
		by := &Details{Key: "app1.revocable", Basic: true}
		results, done, err := r.Revoke(context.Background(), "app1.revocable", by, q)
		if err != nil {
			coded(t, body, err)
			return
		}
		good := 0
		for i, result := range results {
			if result.Target != q.Targets[i] || (result.Err == nil) != (result.AppliesAt > 0) {
				t.Fatalf("%q: %+v", body, result)
			}
			if result.Err == nil {
				if done[good].Target.String() != result.Target {
					t.Fatalf("%q: %+v", body, done[good])
				}
				good++
			}
		}
		if len(results) != len(q.Targets) || good != len(done) {
			t.Fatalf("%q: %d results of %d, %d done of %d", body, len(results), len(q.Targets), len(done), good)
		}
	})
}
