//go:build linux

package workload

import (
	"context"
	"strconv"
)

// connectRooms is how many rooms the storm's connections share.
const connectRooms = 100

// connects opens many connections at once: TCP, upgrade, the protocol's own
// greeting with authentication, and one room each.
func connects(ctx context.Context, s *session) (Values, error) {
	before, err := s.read()
	if err != nil {
		return nil, err
	}
	n := s.scale.Connects
	if _, err := s.open(ctx, n, func(i int) string { return "room" + strconv.Itoa(i%connectRooms) }); err != nil {
		return nil, err
	}
	after, err := s.read()
	if err != nil {
		return nil, err
	}
	used := before.until(after)
	return Values{
		s.name + ".cpu":       used.server.Seconds() * 1e3 / float64(n),
		s.name + ".rate":      float64(n) / used.at.Seconds(),
		s.name + ".generator": used.own.Seconds() / used.at.Seconds(),
	}, nil
}
