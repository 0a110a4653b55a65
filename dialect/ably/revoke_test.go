package ably_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/dialect/ably"
	"madang/dialect/ably/token"
)

// Tokens that are revoked end their connections, on other nodes too.
func TestRevoked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes, _ := start(t, 2, nil)
		ctx := t.Context()
		basic, err := nodes[0].authority.Basic("main.reader:reader-secret")
		if err != nil {
			t.Fatal(err)
		}
		issue := func(client string) string {
			d, err := nodes[0].authority.Issue(ctx, "main.reader", basic, &token.Request{KeyName: "main.reader", ClientID: client})
			if err != nil {
				t.Fatal(err)
			}
			return d.Token
		}
		revoked := issue("kim")
		kim, got := nodes[1].open(t, "access_token="+revoked)
		if got[0].num("action") != 4 {
			t.Fatal(got)
		}
		lee, _ := nodes[1].open(t, "access_token="+issue("lee"))
		time.Sleep(second)
		_, done, err := nodes[0].authority.Revoke(ctx, "main.reader", basic, &token.RevokeRequest{Targets: []string{"clientId:kim"}})
		if err != nil || len(done) != 1 {
			t.Fatal(done, err)
		}
		if err := nodes[0].server.Revoked(ctx, done); err != nil {
			t.Fatal(err)
		}
		if got := kim.heard(); len(got) != 2 || got[0].num("action") != 6 || got[0].code() != 40141 {
			t.Errorf("revoked: %v", got)
		}
		if _, got := nodes[1].open(t, "access_token="+revoked); got[0].num("action") != 6 || got[0].code() != 40141 {
			t.Errorf("with the same token again: %v", got)
		}
		if got := lee.heard(); len(got) != 0 {
			t.Errorf("somebody else: %v", got)
		}
	})
}

// A node that starts later, or was cut off, knows what was revoked before.
func TestRevokedBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes, _ := start(t, 2, nil)
		a := nodes[0].authority
		basic, err := a.Basic("main.reader:reader-secret")
		if err != nil {
			t.Fatal(err)
		}
		issued := map[string]string{}
		for _, client := range []string{"kim", "lee", "park"} {
			d, err := a.Issue(t.Context(), "main.reader", basic, &token.Request{KeyName: "main.reader", ClientID: client})
			if err != nil {
				t.Fatal(err)
			}
			issued[client] = d.Token
		}
		time.Sleep(second)
		for _, client := range []string{"kim", "lee"} {
			_, done, err := a.Revoke(t.Context(), "main.reader", basic, &token.RevokeRequest{Targets: []string{"clientId:" + client}})
			if err != nil {
				t.Fatal(err)
			}
			if err := nodes[0].server.Revoked(t.Context(), done); err != nil {
				t.Fatal(err)
			}
		}
		keys, err := token.FromApps(apps(), map[string]token.Rights{"main.reader": {Revocable: true}})
		if err != nil {
			t.Fatal(err)
		}
		for what, begin := range map[string]func(*ably.Server) error{
			"a node that starts": func(s *ably.Server) error { return s.Start(t.Context()) },
			"a node that was cut off": func(s *ably.Server) error {
				s.Missed(madang.Channel{Name: "$ably/revoked"}, madang.Position{})
				return nil
			},
		} {
			late := token.New(token.Config{Keys: keys})
			s, err := ably.New(nodes[1].hub, ably.Defaults(), ably.Options{Apps: apps(), Authority: late})
			if err != nil {
				t.Fatal(err)
			}
			s.Missed(madang.Channel{App: "main", Name: "$ably/revoked"}, madang.Position{}) // of another channel
			synctest.Wait()
			if _, err := late.Verify(t.Context(), issued["kim"]); err != nil {
				t.Errorf("%s knew before: %v", what, err)
			}
			if err := begin(s); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			for client, raw := range issued {
				_, err := late.Verify(t.Context(), raw)
				if e, ok := errors.AsType[*token.Error](err); (client == "park") != (err == nil) || err != nil && (!ok || e.Code != token.CodeRevoked) {
					t.Errorf("%s: the token of %s: %v", what, client, err)
				}
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// A tardy memory of revocations says of each token once that it is not revoked, and then that it is.
type tardy struct{ asked map[*token.Details]bool }

func (tardy) Revoke(context.Context, ...token.Revocation) error { return nil }

func (r tardy) Revoked(_ context.Context, d *token.Details) (bool, error) {
	again := r.asked[d]
	r.asked[d] = true
	return again, nil
}

// A token that is revoked while its client is being let in ends the connection as well.
func TestRevokedMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes, _ := startRevoking(t, 1, tardy{map[*token.Details]bool{}}, nil)
		basic, err := nodes[0].authority.Basic("main.reader:reader-secret")
		if err != nil {
			t.Fatal(err)
		}
		d, err := nodes[0].authority.Issue(t.Context(), "main.reader", basic, &token.Request{KeyName: "main.reader"})
		if err != nil {
			t.Fatal(err)
		}
		_, got := nodes[0].open(t, "access_token="+d.Token)
		if len(got) < 2 || got[0].num("action") != 4 || got[1].num("action") != 6 || got[1].code() != 40141 {
			t.Errorf("%v", got)
		}
	})
}
