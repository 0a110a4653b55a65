package redis

import (
	"context"
	"errors"
	"fmt"

	"madang"
)

// Diagnose connects as a node does, makes sure that what is published is heard in every partition, and returns what it found in a
// line. An error says what is wrong, where, and what to do. Nothing is published in channels; a Redis that no node has used
// yet remembers the number of partitions.
func Diagnose(ctx context.Context, c Config) (found string, err error) {
	b, err := Open(ctx, c, Options{})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	if err := b.Start(ctx, nobody{}); err != nil {
		return "", fmt.Errorf("%w; %s", err, advise(b.where, err))
	}
	what := "one server"
	switch {
	case b.cluster:
		what = "a Cluster"
	case b.where.master != "":
		what = "the master that Sentinels have named"
	}
	how := "without TLS"
	if b.where.tls {
		how = "over TLS"
	}
	return fmt.Sprintf("ok: %s is %s, reached %s; what is published is heard in all %d partitions of prefix %q", where(b.where), what, how,
		len(b.partitions), c.Prefix), nil
}

// nobody has no interest in what others publish.
type nobody struct{}

// Receive implements [madang.Receiver].
func (nobody) Receive(*madang.Event) {}
