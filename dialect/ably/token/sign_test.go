package token

import (
	"context"
	"testing"
	"time"
)

func TestSign(t *testing.T) {
	r := newRig(t)
	got, err := r.Sign("app1.key1", JWT{ClientID: "kim@example.com", Capability: `{"*":["subscribe"]}`, TTL: 90 * time.Second, RevocationKey: "sign_in/tokens:a"})
	if err != nil {
		t.Fatal(err)
	}
	d := r.verify(t, got.Token)
	if d.App != "app1" || d.ClientID != "kim@example.com" || d.RevocationKey != "sign_in/tokens:a" || d.Capability.String() != `{"*":["subscribe"]}` ||
		d.Expires.UnixMilli() != got.Expires || d.Issued.UnixMilli() != got.Issued || d.Expires.Sub(d.Issued) != 90*time.Second || d.Wildcard {
		t.Errorf("%+v", d)
	}
	if p := d.Principal(); p.User != "kim@example.com" || len(p.Claims) != 0 {
		t.Errorf("%+v", p)
	}
	for key, ttl := range map[string]time.Duration{"app1.key1": DefaultTTL, "app1.revocable": MaxRevocableTTL} {
		got, err := r.Sign(key, JWT{ClientID: "kim"})
		if err != nil || got.Expires-got.Issued != ttl.Milliseconds() {
			t.Errorf("%s: %+v, %v", key, got, err)
		}
	}
	// A key gives no more than it has.
	got, err = r.Sign("app1.limited", JWT{ClientID: "kim", Capability: `{"*":["*"]}`})
	if err != nil || r.verify(t, got.Token).Capability.String() != got.Capability || got.Capability == `{"*":["*"]}` {
		t.Errorf("%+v, %v", got, err)
	}
	for name, c := range map[string]struct {
		key  string
		j    JWT
		code int
	}{
		"no such key": {"app1.none such", JWT{ClientID: "kim"}, CodeNotFound}, "nobody": {"app1.key1", JWT{}, CodeClientID},
		"for too long":      {"app1.revocable", JWT{ClientID: "kim", TTL: 2 * time.Hour}, CodeBadValue},
		"for too short":     {"app1.key1", JWT{ClientID: "kim", TTL: time.Millisecond}, CodeBadValue},
		"a line break":      {"app1.key1", JWT{ClientID: "kim\n"}, CodeClientID},
		"nothing in common": {"app1.limited", JWT{ClientID: "kim", Capability: `{"elsewhere":["publish"]}`}, CodeDenied},
		"no capability":     {"app1.key1", JWT{ClientID: "kim", Capability: `[]`}, CodeBadRequest},
	} {
		_, err := r.Sign(c.key, c.j)
		wants(t, name, err, c.code)
	}
}

// over are revocations that also know of a group of tokens that has ended.
type over struct {
	Revocations
	group string
}

func (o over) Revoked(ctx context.Context, d *Details) (bool, error) {
	if d.RevocationKey == o.group {
		return true, nil
	}
	return o.Revocations.Revoked(ctx, d)
}

// What happens elsewhere can be a reason to revoke: the client is told to fetch another token, embedded or not.
func TestOtherRevocations(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Revocations = over{NewMemoryRevocations(c.Now), "sign_in/ended"} })
	for group, code := range map[string]int{"sign_in/ended": CodeRevoked, "sign_in/lives": 0} {
		got, err := r.Sign("app1.key1", JWT{ClientID: "kim", RevocationKey: group})
		if err != nil {
			t.Fatal(err)
		}
		outer, err := Key{Secret: "the application's own"}.signJWT(map[string]any{memberEmbedded: got.Token, "sub": "7"})
		if err != nil {
			t.Fatal(err)
		}
		for _, raw := range []string{got.Token, outer} {
			d, err := r.Verify(t.Context(), raw)
			if code == 0 && (err != nil || d.RevocationKey != group) {
				t.Errorf("%s: %+v, %v", group, d, err)
			}
			if code != 0 {
				wants(t, group, err, code)
			}
		}
	}
}
