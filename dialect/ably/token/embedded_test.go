package token

import (
	"context"
	"fmt"
	"testing"
	"time"
)

func TestEmbedded(t *testing.T) {
	ctx := context.Background()
	r := newRig(t)
	for name, expires := range map[string]int64{
		"embedded in payload":    at + 1800, // the outer token ends it earlier
		"embedded in header":     at + 3600,
		"embedded without exp":   at + 3600,
		"embedded and encrypted": at + 3600, // nobody here sees that the outer token lives for a day
	} {
		d := r.verify(t, jwts(t)[name])
		if d.ClientID != "user@example.com" || d.Capability.String() != `{"chat:*":["*"]}` || d.Expires.Unix() != expires {
			t.Errorf("%s: %+v", name, d)
		}
	}
	_, err := r.Verify(ctx, jwts(t)["embedded for a day"])
	wants(t, "for a day", err, CodeCredentials)
	_, err = r.Verify(ctx, jwts(t)["embedded in embedded"])
	wants(t, "in one that is embedded", err, CodeCredentials)
	_, err = r.after(30*time.Minute).Verify(ctx, jwts(t)["embedded in payload"])
	wants(t, "outer expired", err, CodeExpired)
	_, err = r.after(time.Hour).Verify(ctx, jwts(t)["embedded for a day"])
	wants(t, "inner expired, outer not", err, CodeExpired)
}

// Lenient, a token may outlive what is embedded in it. What it says of itself still counts for nothing.
func TestEmbeddedLenient(t *testing.T) {
	ctx := context.Background()
	r := newRig(t, lenient)
	d := r.verify(t, jwts(t)["embedded for a day"])
	if d.ClientID != "user@example.com" || d.Capability.String() != `{"chat:*":["*"]}` || d.Expires.Unix() != at+3600 {
		t.Errorf("%+v", d)
	}
	_, err := r.after(time.Hour).Verify(ctx, jwts(t)["embedded for a day"])
	wants(t, "inner expired", err, CodeExpired)
}

// What an application does with requestToken and its own JWT library.
func TestEmbeddedAblyToken(t *testing.T) {
	ctx := context.Background()
	r := newRig(t)
	inner := r.issue(t, r.request(func(q *Request) { q.ClientID = "bob" })).Token
	outer := func(header, claims string) string { return sign("the application's", header, claims) }
	const plain = `{"alg":"RS256"}`
	for _, x := range []struct {
		what, header, claims string
		code                 int
	}{
		{"claims", plain, `{"sub":7,"x-ably-token":"` + inner + `"}`, 0},
		{"header", `{"x-ably-token":"` + inner + `"}`, `{}`, 0},
		{"both", `{"x-ably-token":"` + inner + `"}`, `{"x-ably-token":"` + inner + `"}`, 0},
		{"two that differ", `{"x-ably-token":"` + inner + `"}`, `{"x-ably-token":"` + inner + `x"}`, CodeCredentials},
		{"kid of ours", head, `{"x-ably-token":"` + inner + `","x-ably-capability":"{\"[*]*\":[\"*\"]}"}`, 0},
		{"a number", plain, `{"x-ably-token":7}`, CodeCredentials},
		{"nothing", plain, `{"x-ably-token":""}`, CodeCredentials},
		{"null", plain, `{"x-ably-token":null}`, CodeCredentials},
		{"a word", plain, `{"x-ably-token":"word"}`, CodeCredentials},
		{"a token of no key", plain, `{"x-ably-token":"` + sign("s", `{"alg":"HS256","kid":"a.b"}`, `{`+times+`}`) + `"}`, CodeNotFound},
		{"exp that is none", plain, `{"exp":"soon","x-ably-token":"` + inner + `"}`, CodeCredentials},
		{"over", plain, fmt.Sprintf(`{"exp":%d,"x-ably-token":%q}`, at, inner), CodeExpired},
		{"as long", plain, fmt.Sprintf(`{"exp":%d,"x-ably-token":%q}`, at+3600, inner), 0},
		{"made a moment later", plain, fmt.Sprintf(`{"exp":%d,"x-ably-token":%q}`, at+3605, inner), 0},
		{"longer", plain, fmt.Sprintf(`{"exp":%d,"x-ably-token":%q}`, at+3606, inner), CodeCredentials},
	} {
		d, err := r.Verify(ctx, outer(x.header, x.claims))
		wants(t, x.what, err, x.code)
		if x.code == 0 && (d.ClientID != "bob" || d.Capability.String() != `{"*":["*"]}` || d.Expires.Unix() > at+3600) {
			t.Errorf("%s: %+v", x.what, d)
		}
	}
	_, err := r.Verify(ctx, "eyJhbGciOiJkaXIifQ....")
	wants(t, "encrypted without any", err, CodeCredentials)
}

// The flow of an application that logs its users in with its own token and renews with one that forgot the client id.
func TestRenewalThatLosesTheClient(t *testing.T) {
	for _, forgiving := range []bool{false, true} {
		r := newRig(t, func(c *Config) { c.Lenient = forgiving })
		login := r.issue(t, r.request(func(q *Request) { q.ClientID = "user@example.com" })).Token
		old := r.verify(t, sign("jwt secret", `{"alg":"HS256","typ":"JWT"}`, `{"sub":1,"iat":1795352400,"x-ably-token":"`+login+`"}`))
		r.after(59 * time.Minute)
		next := r.verify(t, r.issue(t, r.request()).Token)
		d, err := r.Renew(old, next)
		if !forgiving {
			wants(t, "strict", err, CodeIncompatible)
			continue
		}
		if err != nil || d.ClientID != "user@example.com" || d.Wildcard || d.Expires != next.Expires || next.ClientID != "" {
			t.Errorf("%+v, %v", d, err)
		}
		if again, err := r.Renew(d, r.verify(t, r.issue(t, r.request()).Token)); err != nil || again.ClientID != d.ClientID {
			t.Errorf("the next time: %+v, %v", again, err)
		}
	}
}
