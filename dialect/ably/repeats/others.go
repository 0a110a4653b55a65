package repeats

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

const (
	// lease is how long a node may take to publish something. If it takes longer, another may publish it, too.
	lease = 15 * time.Second
	// asking bounds what one publish waits for in all: somewhat more than a lease.
	asking = 20 * time.Second
	// The first and the longest pause between two looks at what somebody else is publishing.
	soon, seldom = 20 * time.Millisecond, 500 * time.Millisecond
)

// among publishes something unless another node does, or has done so: then it returns what that did.
func (r *Recent) among(key string, publish func() ([]string, error)) ([]string, error) {
	if r.others == nil {
		return publish()
	}
	ctx, done := context.WithTimeout(context.Background(), asking) // not the client's: others wait for what comes of it
	defer done()
	sum := sha256.Sum256([]byte(key))
	key = "ably publish " + hex.EncodeToString(sum[:])
	for pause := soon; ; pause = min(2*pause, seldom) {
		c, err := r.others.Claim(ctx, key, lease)
		switch {
		case err != nil:
			return nil, fmt.Errorf("look for a repeated publish: %w", err)
		case c.First:
			return r.first(key, c.Mark, publish)
		case !c.Pending():
			return strings.Split(string(c.Reply), "\n"), nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the same publish on another node: %w", errUnfinished)
		}
	}
}

// first publishes what nobody has, and tells the others what came of it.
func (r *Recent) first(key, mark string, publish func() ([]string, error)) (serials []string, err error) {
	failed := true
	defer func() {
		ctx, done := context.WithTimeout(context.Background(), asking)
		defer done()
		if failed {
			_ = r.others.Release(ctx, key, mark) // or it ends with its lease
			return
		}
		// It is published. Where that cannot be said now, a repetition waits for the lease to end, and is published again.
		_ = r.others.Settle(ctx, key, mark, []byte(strings.Join(serials, "\n")), maxAge)
	}()
	serials, err = publish()
	failed = err != nil
	return serials, err
}
