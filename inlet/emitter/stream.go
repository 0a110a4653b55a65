package emitter

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

const (
	readCount = 100             // entries at a time
	readBlock = 2 * time.Second // how long Redis waits for one
	readSlack = 3 * time.Second // how much longer its answer may take
	beginning = "0-0"
)

// findPlace finds where in the stream to read on: behind the entry that was taken last, or at first behind all there are. It
// notes when the stream does not reach back that far.
func (i *Inlet) findPlace(ctx context.Context, client rueidis.Client) error {
	end, err := edge(ctx, client, client.B().Xrevrange().Key(i.config.Stream).End("+").Start("-").Count(1).Build())
	if err != nil {
		return err
	}
	if i.last == "" {
		i.last = end
		return nil
	}
	start, err := edge(ctx, client, client.B().Xrange().Key(i.config.Stream).Start("-").End("+").Count(1).Build())
	if err != nil {
		return err
	}
	switch {
	case before(end, i.last):
		// The stream is another one than it was: Redis lost it, or somebody removed it. What is in it is new.
		i.gap("the stream was lost and has begun anew")
		i.last = beginning
	case before(i.last, start) && i.last != beginning:
		i.gap("the stream does not reach back to where this node was")
	}
	return nil
}

func (i *Inlet) gap(what string) {
	i.count.gaps.Add(1)
	i.log.Warn("something that was emitted may be lost: "+what, "stream", i.config.Stream, "last", i.last)
}

// edge returns the id of the one entry that a command finds, or the one before all.
func edge(ctx context.Context, client rueidis.Client, cmd rueidis.Completed) (string, error) {
	all, err := client.Do(ctx, cmd).AsXRange()
	if err != nil && !rueidis.IsRedisNil(err) {
		return "", fmt.Errorf("look into the stream: %w", err)
	}
	if len(all) == 0 {
		return beginning, nil
	}
	return all[0].ID, nil
}

// before reports whether an entry's id is smaller than another one's.
func before(a, b string) bool {
	at, an := idOf(a)
	bt, bn := idOf(b)
	return at < bt || at == bt && an < bn
}

// idOf reads an id: a time in milliseconds and a number.
func idOf(id string) (at, n uint64) {
	left, right, _ := strings.Cut(id, "-")
	at, _ = strconv.ParseUint(left, 10, 64) // Redis writes them
	n, _ = strconv.ParseUint(right, 10, 64)
	return at, n
}

// read takes the entries of the stream until the connection or ctx ends.
func (i *Inlet) read(ctx context.Context, client rueidis.Client) error {
	for {
		wait, done := context.WithTimeout(ctx, readBlock+readSlack)
		all, err := client.Do(wait, client.B().Xread().Count(readCount).Block(readBlock.Milliseconds()).Streams().Key(i.config.Stream).Id(i.last).Build()).AsXRead()
		done()
		if err != nil && !rueidis.IsRedisNil(err) {
			if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
				err = errors.New("no answer from Redis")
			}
			return fmt.Errorf("read the stream: %w", err)
		}
		for _, entry := range all[i.config.Stream] {
			i.entry(ctx, entry)
			i.last = entry.ID
		}
	}
}

// entry takes one.
func (i *Inlet) entry(ctx context.Context, e rueidis.XRangeEntry) {
	if len(e.FieldValues["data"]) > i.config.MaxPayload/3*4+4 { // base64 is longer
		i.count.received.Add(1)
		i.ignore(&i.count.oversized, i.config.Stream, "longer than max_payload")
		return
	}
	if e.FieldValues["nsp"] == "" {
		i.outcome(i.config.Stream, errPassed) // the adapter passes over these as well
		return
	}
	m, err := parseEntry(e.FieldValues)
	if err == nil {
		err = i.serve(ctx, m)
	}
	i.outcome(i.config.Stream, err)
}
