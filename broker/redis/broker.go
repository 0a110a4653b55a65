package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"madang"
)

// ErrUnavailable is the [madang.ErrUnavailable] of a Redis that does not answer, or takes nothing new.
var ErrUnavailable = fmt.Errorf("redis does not serve: %w", madang.ErrUnavailable)

// Options are what a Broker needs besides its settings.
type Options struct {
	Log *slog.Logger     // nil: none
	Now func() time.Time // of statistics and probes; nil: time.Now
}

// A Broker is a node's end of Redis: a [madang.Broker] and a [madang.Presence]. See the package's comment for what it
// promises.
type Broker struct {
	config     Config
	where      target
	name       string // tells this broker from all others
	log        *slog.Logger
	now        func() time.Time
	client     rueidis.Client
	cluster    bool
	scripts    scripts
	partitions []*partition
	count      counters
	own        own

	receiver madang.Receiver // set by Start
	started  atomic.Bool
	life     context.Context
	stop     context.CancelFunc
	running  sync.WaitGroup
	closing  sync.Once
}

// Open connects to Redis. It fails if that is not there, or refuses us.
func Open(ctx context.Context, c Config, o Options) (*Broker, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	t, err := parseURL(c.URL)
	if err != nil {
		return nil, err
	}
	b := &Broker{config: c, where: t, name: rand.Text(), log: o.Log, now: o.Now, scripts: newScripts()}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	if b.now == nil {
		b.now = time.Now
	}
	b.life, b.stop = context.WithCancel(context.WithoutCancel(ctx))
	opening := context.AfterFunc(ctx, b.stop)
	defer opening()
	if b.client, err = newClient(b.life, c); err != nil {
		b.stop()
		return nil, err
	}
	b.cluster = b.client.Mode() == rueidis.ClientModeCluster
	for i, tag := range tags(c.Partitions) {
		b.partitions = append(b.partitions, newPartition(b, i, keys{c.Prefix + "{" + tag + "}"}))
	}
	b.own.init(len(b.partitions))
	return b, nil
}

// partition returns where a channel is, and how it is written there.
func (b *Broker) partition(c madang.Channel) (*partition, string) {
	s := suffix(c)
	return b.partitions[partitionOf(s, len(b.partitions))], s
}

// Start implements [madang.Broker]. It fails when other nodes use another number of partitions, or when a probe does not
// come back.
func (b *Broker) Start(ctx context.Context, r madang.Receiver) error {
	if b.life.Err() != nil || !b.started.CompareAndSwap(false, true) {
		return fmt.Errorf("redis: start: started before: %w", madang.ErrClosed)
	}
	if err := b.agree(ctx); err != nil {
		return err
	}
	b.receiver = r
	b.warn(ctx)
	for _, p := range b.partitions {
		b.running.Go(p.run)
		b.running.Go(p.probe)
	}
	ctx, done := context.WithTimeout(ctx, 2*b.config.Timeout)
	defer done()
	for _, p := range b.partitions {
		select {
		case <-p.first:
		case <-ctx.Done():
			return fmt.Errorf("redis: start: %w", errors.Join(p.fault(), ctx.Err()))
		}
	}
	return nil
}

// agree makes sure that all nodes use the same number of partitions: else they would not hear each other.
func (b *Broker) agree(ctx context.Context) error {
	ctx, done := context.WithTimeout(ctx, b.config.Timeout)
	defer done()
	key, mine := b.config.Prefix+"partitions", strconv.Itoa(b.config.Partitions)
	_, err := b.client.Do(ctx, b.client.B().Set().Key(key).Value(mine).Nx().Build()).ToString()
	if err != nil && !rueidis.IsRedisNil(err) {
		return fmt.Errorf("redis: start: %w", b.explain(ctx, err))
	}
	theirs, err := b.client.Do(ctx, b.client.B().Get().Key(key).Build()).ToString()
	if err != nil {
		return fmt.Errorf("redis: start: %w", b.explain(ctx, err))
	}
	if theirs != mine {
		return fmt.Errorf("redis: this node has %s partitions, but %s in Redis says %s: give all nodes the same number, or another prefix, or, if no other node runs, delete that key",
			mine, key, theirs)
	}
	return nil
}

// warn tells of a Redis that may drop what it was given.
func (b *Broker) warn(ctx context.Context) {
	ctx, done := context.WithTimeout(ctx, b.config.Timeout)
	defer done()
	info, err := b.client.Do(ctx, b.client.B().Info().Section("memory").Build()).ToString()
	if err != nil {
		return // it may not be asked by this user; whether it works at all is found out next
	}
	for line := range strings.Lines(info) {
		if policy, ok := strings.CutPrefix(strings.TrimSpace(line), "maxmemory_policy:"); ok && policy != "noeviction" {
			b.log.Warn("Redis may evict what channels have kept, and nobody will notice; set maxmemory-policy to noeviction", "policy", policy)
		}
	}
}

// Close implements [madang.Broker]. When it has returned nothing is delivered any more.
func (b *Broker) Close() error {
	b.closing.Do(func() {
		b.stop()
		b.running.Wait()
		for _, p := range b.partitions {
			p.close()
		}
		b.client.Close()
	})
	return nil
}

// Ready reports what does not work now: nothing if it is nil.
func (b *Broker) Ready(context.Context) error {
	var first error
	n := 0
	for _, p := range b.partitions {
		if err := p.fault(); err != nil {
			if n++; first == nil {
				first = err
			}
		}
	}
	if n == 0 {
		return nil
	}
	return fmt.Errorf("redis: %d of %d partitions do not work: %w", n, len(b.partitions), first)
}

// explain makes an error of the client one that says what has happened.
func (b *Broker) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if b.life.Err() != nil {
		return fmt.Errorf("redis: this broker was closed: %w", madang.ErrClosed)
	}
	if e, ok := rueidis.IsRedisErr(err); ok {
		if e.IsLoading() || e.IsClusterDown() || e.IsTryAgain() || refusing(err) {
			return fmt.Errorf("%s: %w: %w", where(b.where), ErrUnavailable, err)
		}
		return fmt.Errorf("%s refuses: %w", where(b.where), err)
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return fmt.Errorf("%s: %w: %w", where(b.where), ErrUnavailable, err)
}

// refusing reports whether Redis answers, but takes nothing new now: it is full, a replica, without enough replicas, or
// cannot write to its disk.
func refusing(err error) bool {
	e, ok := rueidis.IsRedisErr(err)
	if !ok {
		return false
	}
	text := strings.TrimPrefix(e.Error(), "ERR ") // as Redis 6 quotes what a script ran into
	for _, code := range []string{"OOM ", "READONLY ", "NOREPLICAS ", "MISCONF "} {
		if strings.HasPrefix(text, code) || strings.Contains(text, "-"+code) {
			return true
		}
	}
	return false
}

// freshEpoch returns a name for an epoch that begins. It is short, since it is in every serial that clients are told.
func freshEpoch() string {
	return strconv.FormatUint(mathrand.Uint64()>>29, 36)
}
