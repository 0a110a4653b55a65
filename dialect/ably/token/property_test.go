package token

import (
	"context"
	"encoding/json"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madang/dialect/ably/capability"

	"pgregory.net/rapid"
)

// Whatever is asked for, the token says no more than that and no more than its key, to the end of its time.
func TestTokensSayWhatWasAsked(t *testing.T) {
	r := newRig(t)
	rapid.Check(t, func(rt *rapid.T) {
		key := rapid.SampledFrom([]string{"app1.key1", "app1.limited", "app1.revocable"}).Draw(rt, "key")
		q := r.request(func(q *Request) {
			q.KeyName = key
			q.ClientID = rapid.SampledFrom([]string{"", "*", "bob", "마당 <&> \"\\", "*x"}).Draw(rt, "client")
			q.TTL = strconv.Itoa(rapid.IntRange(1, 3600_000).Draw(rt, "ttl"))
			if rapid.Bool().Draw(rt, "limited") {
				ops := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"publish", "subscribe", "presence", "history"}), 1, 4, rapid.ID[string])
				names := rapid.SampledFrom([]string{"a", "*", "canpublish:*", "canpublish:x", "*:x", "channel2", "[*]*"})
				b, err := json.Marshal(rapid.MapOfN(names, ops, 1, 4).Draw(rt, "capability"))
				if err != nil {
					rt.Fatal(err)
				}
				q.Capability = string(b)
			}
		})
		k, _ := r.keys.Key(key)
		issued, err := r.Issue(context.Background(), key, nil, q)
		if q.Capability != "" {
			asked, _ := capability.Parse(q.Capability)
			if common := asked.Intersect(k.Capability); common.Empty() {
				wants(t, "nothing in common", err, CodeDenied)
				return
			} else if err == nil && issued.Capability != common.String() {
				rt.Fatalf("%s, want %s", issued.Capability, common)
			}
		}
		if err != nil {
			rt.Fatal(err)
		}
		d, err := r.Verify(context.Background(), issued.Token)
		if err != nil {
			rt.Fatal(err)
		}
		who := d.ClientID
		if d.Wildcard {
			who = "*"
		}
		if who != q.ClientID || d.Key != key || d.Capability.String() != issued.Capability || d.Issued != r.now ||
			strconv.FormatInt(d.Expires.Sub(d.Issued).Milliseconds(), 10) != q.TTL {
			rt.Fatalf("%+v of %+v", d, q)
		}
	})
}

// Of requests that are used at the same time, one wins.
func TestNoncesAreUsedOnce(t *testing.T) {
	r := newRig(t)
	q := r.request()
	var won atomic.Int32
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			if _, err := r.Issue(context.Background(), q.KeyName, nil, q); err == nil {
				won.Add(1)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("%d tokens for one request", won.Load())
	}
}

// Tokens are verified while others are revoked; what was revoked before is refused.
func TestRevokeWhileVerifying(t *testing.T) {
	ctx := context.Background()
	r := newRig(t)
	by, token := revoker(t, r, func(q *Request) { q.ClientID = "bob" })
	r.after(time.Second)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			target := "clientId:other" + strconv.Itoa(i)
			if i == 7 {
				target = "clientId:bob"
			}
			if _, _, err := r.Revoke(ctx, "app1.revocable", by, &RevokeRequest{Targets: []string{target}}); err != nil {
				t.Error(err)
			}
			_, err := r.Verify(ctx, token)
			if i == 7 {
				wants(t, "revoked", err, CodeRevoked)
			}
		})
	}
	all.Wait()
}
