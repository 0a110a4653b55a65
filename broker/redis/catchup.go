package redis

import (
	"context"
	"fmt"
	"strconv"

	"github.com/redis/rueidis"

	"madang"
)

// Bounds of one script that looks for what was missed.
const (
	maxAsked   = 64  // channels
	maxEntries = 256 // of a shelf of a channel; there may be more behind
	maxCalls   = 16  // scripts at once
)

// catchUp finds out where streams are, and what of them was missed, until there is nothing more to find out.
func (p *partition) catchUp(all []*subscription) error {
	for len(all) > 0 {
		n := min(len(all), maxAsked*maxCalls)
		again, err := p.catchUpSome(all[:n])
		if err != nil {
			return err
		}
		all = append(all[n:], again...)
	}
	return nil
}

func (p *partition) catchUpSome(all []*subscription) (again []*subscription, err error) {
	asked := make([]string, 0, len(all))
	var calls []call
	for _, some := range chunks(all, maxAsked) {
		c := call{p.b.scripts.missed, []string{p.keys.here()}, []string{
			freshEpoch(), mask(spoken | orders), mask(madang.Presences), strconv.Itoa(maxEntries),
		}}
		for _, x := range some {
			epoch, offset := x.asks()
			asked = append(asked, offset)
			c.keys = append(c.keys, x.stream, p.keys.spoken(x.suffix), p.keys.presence(x.suffix))
			c.args = append(c.args, epoch, offset)
		}
		calls = append(calls, c)
	}
	ctx := context.WithoutCancel(p.b.life)
	for i, r := range p.b.run(ctx, calls...) {
		some := all[i*maxAsked : min((i+1)*maxAsked, len(all))]
		found, err := readMissed(r)
		if err == nil && len(found) != len(some) {
			err = fmt.Errorf("%d answers for %d channels", len(found), len(some))
		}
		if err != nil {
			return nil, fmt.Errorf("what was missed is not known: %w", p.b.explain(ctx, err))
		}
		p.heed(nil) // before a loss is told: who hears of it has something to ask, and must not be refused any more
		for k, x := range some {
			if x.settle(asked[i*maxAsked+k], found[k]) {
				x.opens()
			} else {
				again = append(again, x)
			}
		}
	}
	return again, nil
}

// readMissed reads what the script says.
func readMissed(r rueidis.RedisResult) ([]missed, error) {
	all, err := r.ToArray()
	if err != nil {
		return nil, err
	}
	out := make([]missed, 0, len(all))
	for _, one := range all {
		f, err := one.ToArray()
		if err != nil || len(f) != 7 {
			return nil, fmt.Errorf("unexpected answer: %w", err)
		}
		var numbers [6]uint64
		for i := 1; i < 6; i++ {
			text, _ := f[i].ToString()
			numbers[i], _ = strconv.ParseUint(text, 10, 64) // the script's own numbers
		}
		epoch, _ := f[0].ToString()
		m := missed{
			top: madang.Position{Epoch: epoch, Offset: numbers[1]}, base: numbers[2],
			unkept: max(numbers[3], numbers[4]), upto: numbers[5],
		}
		entries, err := f[6].AsStrSlice()
		if err != nil {
			return nil, err
		}
		for i := 0; i+1 < len(entries); i += 2 {
			offset, _ := strconv.ParseUint(entries[i], 10, 64) // the same
			at := madang.Position{Epoch: epoch, Offset: offset}
			m.entries = append(m.entries, post{at: at, base: m.base, text: entries[i+1]})
		}
		out = append(out, m)
	}
	return out, nil
}
