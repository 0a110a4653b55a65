package guards_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"madang"
	"madang/account/bearer"
	"madang/account/guards"
	"madang/account/token"
)

// tokens knows who has a token that begins with a word of its own.
type tokens struct{ word, user string }

func (k tokens) Principal(_ context.Context, c madang.Credentials) (*madang.Principal, error) {
	switch shown := token.Find(c); shown {
	case k.word:
		return &madang.Principal{App: "default", Guard: "api", User: k.user}, nil
	case k.word + " old":
		return nil, token.Refuse(token.CodeExpired, token.English, bearer.ErrExpired)
	case k.word + " trouble":
		return nil, errTrouble
	}
	return nil, fmt.Errorf("not this one: %w", bearer.ErrNotOurs)
}

var errTrouble = errors.New("the store is away")

// foreign is another issuer's guard, which believes itself to be the one of the API.
func foreign(_ context.Context, c madang.Credentials) (*madang.Principal, error) {
	if c.Token != "foreign" {
		return nil, token.Refuse(token.CodeInvalid, token.English, token.ErrSignature)
	}
	return &madang.Principal{App: "default", Guard: "api", User: "1", Claims: []byte(`{"sign_in":"tokens:x"}`)}, nil
}

// A token says who somebody is; only without one it is the session.
func TestAPI(t *testing.T) {
	h := newHouse(t)
	e := h.login(h.person("minji").Email)
	g := &guards.API{Tokens: []guards.Tokens{tokens{"access", "7"}, tokens{"robot", "8"}}, Web: h.web, Foreign: madang.GuardFunc(foreign)}
	shows := func(text string) madang.Credentials {
		c := from(e.Secret)
		c.Token = text
		return c
	}
	for text, want := range map[string]string{"access": "api 7", "robot": "api 8", "foreign": "jwt 1", "": "web 1", "Bearer access": ""} {
		who, err := g.Authenticate(t.Context(), shows(text))
		if text == "Bearer access" { // the dialects take the word off, and so does every guard
			want = "api 7"
		}
		if err != nil || who.Guard+" "+who.User != want {
			t.Errorf("%q: %+v, %v, want %s", text, who, err, want)
		}
	}
	header := madang.Credentials{Header: headers("Host", site, "Origin", "https://"+site, "Cookie", cookie+"="+e.Secret, "Authorization", "Bearer robot")}
	if who, err := g.Authenticate(t.Context(), header); err != nil || who.User != "8" {
		t.Errorf("by Authorization: %+v, %v", who, err)
	}
}

// A token that is no good stays one, whatever cookie comes with it: else whoever sees a refusal could not trust it, and a page
// with a token of nobody would act as its visitor.
func TestNoFallBack(t *testing.T) {
	h := newHouse(t)
	e := h.login(h.person("minji").Email)
	g := &guards.API{Tokens: []guards.Tokens{tokens{"access", "7"}, tokens{"robot", "8"}}, Web: h.web, Foreign: madang.GuardFunc(foreign)}
	for text, code := range map[string]string{"access old": token.CodeExpired, "robot old": token.CodeExpired, "junk": token.CodeInvalid, "1|x": token.CodeInvalid} {
		c := from(e.Secret)
		c.Token = text
		who, err := g.Authenticate(t.Context(), c)
		if refused(t, text, err, code); who != nil {
			t.Errorf("%q: %+v", text, who)
		}
	}
	c := from(e.Secret)
	c.Token = "access trouble"
	if _, err := g.Authenticate(t.Context(), c); !errors.Is(err, errTrouble) {
		t.Errorf("with trouble: %v", err)
	}
	_, err := (&guards.API{}).Authenticate(t.Context(), from(e.Secret))
	refused(t, "without sessions", err, token.CodeMissing)
	_, err = (&guards.API{}).Authenticate(t.Context(), madang.Credentials{Token: "foreign"})
	refused(t, "without another issuer", err, token.CodeInvalid)
}
