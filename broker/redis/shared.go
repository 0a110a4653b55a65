package redis

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"madang"
	"madang/shared"
)

//go:embed lua/add.lua
var addLua string

//go:embed lua/count.lua
var countLua string

//go:embed lua/clear.lua
var clearLua string

//go:embed lua/take.lua
var takeLua string

//go:embed lua/claim.lua
var claimLua string

//go:embed lua/settle.lua
var settleLua string

// Shared is what all nodes of a cluster remember together in Redis: [shared.Counts] and [shared.Keys]. Each call is one
// command that works on one key, by the clock of Redis. Keys lie in partitions, as channels do, and are hashed: nothing of what
// people typed stands in Redis, and nobody can choose where their keys lie. In partition 3:
//
//	madang:{3-0}w:…   string  a window: its count
//	madang:{3-0}b:…   string  a bucket: when it is full again
//	madang:{3-0}k:…   string  a key that was claimed: whose it is, or the reply
//
// Each ends by itself. There are at most as many as were asked for within their times.
//
// While Redis does not answer, all fail within [Config.Timeout], at once when a probe has failed before.
type Shared struct {
	b                                      *Broker
	add, count, clear, take, claim, settle script
}

// Shared returns what is remembered in the Redis of this broker, which need not be started, for as long as it is not closed.
func (b *Broker) Shared() *Shared {
	return &Shared{
		b: b, add: newScript(addLua), count: newScript(countLua), clear: newScript(clearLua), take: newScript(takeLua),
		claim: newScript(claimLua), settle: newScript(settleLua),
	}
}

// place says where a key of some kind lies.
func (s *Shared) place(kind, key string) (p *partition, name string) {
	sum := sha256.Sum256([]byte(key))
	short := base64.RawURLEncoding.EncodeToString(sum[:18])
	p = s.b.partitions[partitionOf(short, len(s.b.partitions))]
	return p, p.keys.root + kind + ":" + short
}

// run runs a script on a key.
func (s *Shared) run(ctx context.Context, x script, kind, key string, args ...string) (rueidis.RedisMessage, error) {
	p, name := s.place(kind, key)
	return p.call(ctx, x, []string{name}, args...)
}

// numbers runs a script that returns so many numbers.
func (s *Shared) numbers(ctx context.Context, n int, x script, kind, key string, args ...string) ([]int64, error) {
	m, err := s.run(ctx, x, kind, key, args...)
	if err != nil {
		return nil, err
	}
	all, err := m.AsIntSlice()
	if err == nil && len(all) != n {
		err = fmt.Errorf("unexpected answer of %d parts", len(all))
	}
	return all, err
}

// ms is a time as Redis takes it: what is not whole is rounded up, so that nothing ends early.
func ms(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Millisecond-1)/time.Millisecond), 10)
}

// Add implements [shared.Counts].
func (s *Shared) Add(ctx context.Context, key string, window time.Duration) (int64, time.Duration, error) {
	if err := shared.Check(key, window); err != nil {
		return 0, 0, err
	}
	n, err := s.numbers(ctx, 2, s.add, "w", key, ms(window))
	if err != nil {
		return 0, 0, fmt.Errorf("redis: count: %w", err)
	}
	return n[0], time.Duration(n[1]) * time.Millisecond, nil
}

// Count implements [shared.Counts].
func (s *Shared) Count(ctx context.Context, key string) (int64, time.Duration, error) {
	if err := shared.CheckKey(key); err != nil {
		return 0, 0, err
	}
	n, err := s.numbers(ctx, 2, s.count, "w", key)
	if err != nil {
		return 0, 0, fmt.Errorf("redis: look at a count: %w", err)
	}
	return n[0], time.Duration(n[1]) * time.Millisecond, nil
}

// Clear implements [shared.Counts].
func (s *Shared) Clear(ctx context.Context, key string) error {
	if err := shared.CheckKey(key); err != nil {
		return err
	}
	if _, err := s.run(ctx, s.clear, "w", key); err != nil {
		return fmt.Errorf("redis: forget a count: %w", err)
	}
	return nil
}

// Take implements [shared.Counts].
func (s *Shared) Take(ctx context.Context, key string, r shared.Rate) (shared.Answer, error) {
	if err := shared.CheckKey(key); err != nil {
		return shared.Answer{}, err
	}
	if err := r.Validate(); err != nil {
		return shared.Answer{}, err
	}
	n, err := s.numbers(ctx, 3, s.take, "b", key, strconv.FormatInt(r.Every().Microseconds(), 10), strconv.Itoa(r.Burst))
	if err != nil {
		return shared.Answer{}, fmt.Errorf("redis: take from a bucket: %w", err)
	}
	return shared.Answer{Allowed: n[0] == 1, Left: int(n[1]), Retry: time.Duration(n[2]) * time.Microsecond}, nil
}

// Claim implements [shared.Keys].
func (s *Shared) Claim(ctx context.Context, key string, lease time.Duration) (shared.Claim, error) {
	if err := shared.Check(key, lease); err != nil {
		return shared.Claim{}, err
	}
	mark := rand.Text()
	m, err := s.run(ctx, s.claim, "k", key, mark, ms(lease))
	var was string
	if err == nil {
		was, err = m.ToString()
	}
	switch {
	case err != nil:
		return shared.Claim{}, fmt.Errorf("redis: claim a key: %w", err)
	case was == "":
		return shared.Claim{First: true, Mark: mark}, nil
	case was[:1] == "r":
		return shared.Claim{Reply: append([]byte{}, was[1:]...)}, nil
	}
	return shared.Claim{}, nil
}

// Settle implements [shared.Keys].
func (s *Shared) Settle(ctx context.Context, key, mark string, reply []byte, keep time.Duration) error {
	if err := shared.Check(key, keep); err != nil {
		return err
	}
	if err := shared.CheckReply(reply); err != nil {
		return err
	}
	m, err := s.run(ctx, s.settle, "k", key, mark, rueidis.BinaryString(reply), ms(keep))
	var held int64
	if err == nil {
		held, err = m.AsInt64()
	}
	switch {
	case err != nil:
		return fmt.Errorf("redis: leave a reply: %w", err)
	case held == 0:
		return fmt.Errorf("redis: the claim has ended: %w", madang.ErrNotFound)
	}
	return nil
}

// Release implements [shared.Keys].
func (s *Shared) Release(ctx context.Context, key, mark string) error {
	if err := shared.CheckKey(key); err != nil {
		return err
	}
	if _, err := s.run(ctx, s.settle, "k", key, mark); err != nil {
		return fmt.Errorf("redis: release a key: %w", err)
	}
	return nil
}
