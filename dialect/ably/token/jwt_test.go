package token

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"madang"
)

// sign makes a JWT of any header and claims.
func sign(secret, header, claims string) string {
	e := base64.RawURLEncoding.EncodeToString
	text := e([]byte(header)) + "." + e([]byte(claims))
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(text))
	return text + "." + e(h.Sum(nil))
}

const (
	head  = `{"alg":"HS256","typ":"JWT","kid":"app1.key1"}`
	times = `"iat":1795352400,"exp":1795356000`
)

func TestJWTsOfOthers(t *testing.T) {
	r := newRig(t)
	for name, want := range map[string]Details{
		"plain":    {},
		"full":     {ClientID: "bob", RevocationKey: "group.1", Claims: []byte(`{"ably.room.chat:1":"moderator"}`)},
		"wildcard": {Wildcard: true}, "padded base64": {ClientID: "마당>>??"},
	} {
		d := r.verify(t, jwts(t)[name])
		if d.App != "app1" || d.Key != "app1.key1" || d.ClientID != want.ClientID || d.Wildcard != want.Wildcard ||
			d.RevocationKey != want.RevocationKey || string(d.Claims) != string(want.Claims) ||
			d.Issued != time.Unix(at, 0) || d.Expires != time.Unix(at+3600, 0) {
			t.Errorf("%s: %+v", name, d)
		}
		text := `{"*":["*"]}`
		if name == "full" {
			text = `{"chat:*":["publish","subscribe"],"news":["subscribe"]}`
		}
		if d.Capability.String() != text {
			t.Errorf("%s: %s", name, d.Capability)
		}
	}
}

// A wrong token that the client has just been given must not send it for the next one: the REST client would ask without
// end. An older one may be of a key that has been changed since.
func TestForgedJWTs(t *testing.T) {
	for name, code := range map[string]int{
		"wrong secret": CodeJWT, "hs512": CodeJWT, "none": CodeJWT, "no kid": CodeJWT, "unknown kid": CodeNotFound,
	} {
		r := newRig(t)
		for after, code := range map[time.Duration]int{0: CodeCredentials, freshFor - 1: CodeCredentials, freshFor: code} {
			if name == "unknown kid" {
				code = CodeNotFound
			}
			_, err := r.after(after).Verify(context.Background(), jwts(t)[name])
			wants(t, name, err, code)
			var e *Error
			if errors.As(err, &e) && e.Renewable() != (e.Code == CodeJWT) {
				t.Errorf("%s: Renewable is %v", name, e.Renewable())
			}
			if !errors.Is(err, madang.ErrUnauthenticated) {
				t.Errorf("%s: %v proves somebody", name, err)
			}
		}
	}
}

func TestJWTClaims(t *testing.T) {
	for claims, code := range map[string]int{
		`{` + times + `}`:                                                                   0,
		`{"iat":1795352400.5,"exp":1795356000.25}`:                                          0,
		`{"exp":1795356000}`:                                                                CodeCredentials,
		`{"iat":1795352400}`:                                                                CodeCredentials,
		`{"iat":"1795352400","exp":1795356000}`:                                             CodeCredentials,
		`{"iat":1795352400,"exp":1e300}`:                                                    CodeCredentials,
		`{"iat":1795352400000,"exp":1795356000000}`:                                         CodeCredentials,
		`{"iat":1795352521,"exp":1795356000}`:                                               CodeCredentials,
		`{"iat":1795352520,"exp":1795356000}`:                                               0,
		`{"iat":1795352400,"exp":1795438800}`:                                               0,
		`{"iat":1795352400,"exp":1795438801}`:                                               CodeBadValue,
		`{"iat":1795348000,"exp":1795352400}`:                                               CodeExpired,
		`{"iat":1795352400,"exp":1795352400}`:                                               CodeExpired,
		`{` + times + `,"nbf":1795352400}`:                                                  0,
		`{` + times + `,"nbf":1795352521}`:                                                  CodeCredentials,
		`{` + times + `,"nbf":"soon"}`:                                                      CodeCredentials,
		`{` + times + `,"x-ably-clientId":7}`:                                               CodeClientID,
		`{` + times + `,"x-ably-clientId":""}`:                                              CodeClientID,
		`{` + times + `,"x-ably-clientId":"a\nb"}`:                                          CodeClientID,
		`{` + times + `,"x-ably-clientId":null}`:                                            0,
		`{` + times + `,"x-ably-revocation-key":[]}`:                                        CodeBadValue,
		`{` + times + `,"x-ably-capability":{"a":["*"]}}`:                                   CodeBadRequest,
		`{` + times + `,"x-ably-capability":""}`:                                            CodeBadRequest,
		`{` + times + `,"x-ably-capability":"{\"a\":[\"*\",\"publish\"]}"}`:                 CodeBadRequest,
		`{` + times + `,"x-ably-capability":"{}"}`:                                          CodeDenied,
		`{` + times + `,"x-ably-capability":"{\"[meta]x\":[\"subscribe\"]}"}`:               CodeDenied,
		`{` + times + `,"x-ably-capability":"{\"[*]*\":[\"*\"]}"}`:                          0,
		`{` + times + `,"x-ably-capability":"{\"a\":[\"subscribe\"],\"[meta]x\":[\"*\"]}"}`: 0,
	} {
		_, err := newRig(t).Verify(context.Background(), sign(secret1, head, claims))
		wants(t, claims, err, code)
	}
	d := newRig(t).verify(t, sign(secret1, head, `{`+times+`,"x-ably-capability":"{\"[*]*\":[\"*\"]}"}`))
	if got := d.Capability.String(); got != `{"*":["*"]}` {
		t.Errorf("a token can do more than its key: %s", got)
	}
}

func TestJWTHeaders(t *testing.T) {
	r := newRig(t).after(freshFor)
	for header, code := range map[string]int{
		head:                                               0,
		`{"alg":"HS256","kid":"app1.key1"}`:                0,
		`{"alg":"hs256","kid":"app1.key1"}`:                CodeJWT,
		`{"alg":"none","kid":"app1.key1"}`:                 CodeJWT,
		`{"alg":["HS256"],"kid":"app1.key1"}`:              CodeJWT,
		`{"kid":"app1.key1"}`:                              CodeJWT,
		`{"alg":"HS256","kid":7}`:                          CodeJWT,
		`{"alg":"HS256","kid":"app1"}`:                     CodeNotFound,
		`{"alg":"HS256","kid":"app2.key1"}`:                CodeNotFound,
		`{"alg":"HS256","kid":"app2.key2"}`:                CodeJWT,
		`{"alg":"HS256","kid":"app1.key1","crit":["exp"]}`: CodeJWT,
		`{"alg":"HS256","kid":"app1.key1","b64":false}`:    CodeJWT,
	} {
		_, err := r.Verify(context.Background(), sign(secret1, header, `{`+times+`}`))
		wants(t, header, err, code)
	}
	// An empty secret signs nothing.
	_, err := r.Verify(context.Background(), sign("", `{"alg":"HS256","kid":"app2.nosecret"}`, `{`+times+`}`))
	wants(t, "key without a secret", err, CodeJWT)
}

func TestThingsThatAreNoTokens(t *testing.T) {
	good := jwts(t)["plain"]
	issued := newRig(t)
	opaque := issued.issue(t, issued.request()).Token
	for what, token := range map[string]string{
		"nothing": "", "a space": " ", "a word": "token", "a dot": ".", "dots": "..", "four dots": "....", "empty token": "app1.",
		"bytes": "app1.\xff\xfe", "line break": "app1.\n" + opaque[5:], "other version": "app1.AgAA",
		"short": "app1.AQ", "no name": "app1.AQE", "long name": "app1.AQH_",
		"huge number": "app1.Af________________", "JWT without signature": good[:strings.LastIndexByte(good, '.')],
		"JWT with more": good + ".x", "header that is no object": "W10." + good[strings.IndexByte(good, '.')+1:],
		"null": "bnVsbA.bnVsbA.", "too long": strings.Repeat("a", MaxToken+1), "quoted": `"` + opaque + `"`,
		"JWT with a line break": strings.Replace(good, ".", ".\n", 1),
	} {
		for _, after := range []time.Duration{0, time.Hour - 1} {
			_, err := newRig(t).after(after).Verify(context.Background(), token)
			wants(t, what, err, CodeCredentials)
		}
	}
	issued.verify(t, " "+opaque+"\n") // as it is read from a file
}

func TestForgedAblyTokens(t *testing.T) {
	r := newRig(t)
	token := r.issue(t, r.request(func(q *Request) { q.ClientID = "bob" })).Token
	r.verify(t, token)
	for i := len("app1."); i < len(token); i++ {
		for _, c := range []byte("AQg_") {
			forged := token[:i] + string(c) + token[i+1:]
			if forged == token {
				continue
			}
			if d, err := r.Verify(context.Background(), forged); err == nil {
				t.Fatalf("character %d may be %c: %+v", i, c, d)
			}
		}
	}
	for n := range len(token) - 5 {
		if _, err := r.Verify(context.Background(), token[:5+n]); err == nil {
			t.Fatalf("%d characters are enough", n)
		}
	}
	_, err := r.Verify(context.Background(), "app2."+token[5:])
	wants(t, "for another app", err, CodeNotFound)

	// Once the secret has been changed, clients are sent for another token.
	changed := New(Config{Keys: otherSecret{r.keys}, Now: func() time.Time { return r.now }})
	_, err = changed.Verify(context.Background(), token)
	wants(t, "just made", err, CodeCredentials)
	r.after(freshFor)
	_, err = changed.Verify(context.Background(), token)
	wants(t, "made before", err, CodeToken)
}

type otherSecret struct{ Keys }

func (o otherSecret) Key(name string) (Key, bool) {
	k, ok := o.Keys.Key(name)
	k.Secret += "!"
	return k, ok
}

func TestExpiry(t *testing.T) {
	r := newRig(t)
	opaque := r.issue(t, r.request(func(q *Request) { q.TTL = "123" })).Token
	d := r.after(122*time.Millisecond).verify(t, opaque)
	r.after(123 * time.Millisecond)
	_, err := r.Verify(context.Background(), opaque)
	wants(t, "Ably token", err, CodeExpired)
	wants(t, "details", r.Check(context.Background(), d), CodeExpired)
	if !d.Expired(r.now) {
		t.Error("Expired is false")
	}
	r.after(time.Hour-1).verify(t, jwts(t)["plain"])
	_, err = r.after(time.Hour).Verify(context.Background(), jwts(t)["plain"])
	wants(t, "JWT", err, CodeExpired)
}

// Tokens of dotted names, and of any key by its own clients only.
func TestAppsAndKeys(t *testing.T) {
	r := newRig(t)
	d := r.issue(t, r.request(func(q *Request) { q.KeyName = "dotted.app.dotted.key" }))
	if got := r.verify(t, d.Token); got.App != "dotted.app" || got.Key != "dotted.app.dotted.key" {
		t.Errorf("%+v", got)
	}
	b, err := r.Basic("dotted.app.dotted.key:dotted")
	if err != nil || b.App != "dotted.app" {
		t.Errorf("%+v, %v", b, err)
	}
	if _, err := FromApps(madang.NewApps(), map[string]Rights{"a.b": {Capability: `{"a":[]}`}}); !errors.Is(err, madang.ErrInvalid) {
		t.Error(err)
	}
}
