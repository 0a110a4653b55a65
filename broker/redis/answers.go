package redis

import (
	"fmt"

	"github.com/redis/rueidis"

	"madang"
)

// readRemoved reads what the script says that removes an entry.
func readRemoved(id madang.ConnID, m rueidis.RedisMessage) (was *madang.Member, last bool, err error) {
	f, err := m.ToArray()
	if err != nil || len(f) == 0 {
		return nil, false, err
	}
	if len(f) != 2 {
		return nil, false, fmt.Errorf("unexpected answer of %d parts", len(f))
	}
	entry, err := f[0].ToString()
	if err != nil {
		return nil, false, err
	}
	n, err := f[1].AsInt64()
	if err != nil {
		return nil, false, err
	}
	member, err := readMember(id, entry)
	return &member, n == 1, err
}

// readSwept reads what the script says that sweeps.
func readSwept(m rueidis.RedisMessage, err error) ([]madang.Departure, error) {
	if err != nil {
		return nil, err
	}
	f, err := m.ToArray()
	if err != nil {
		return nil, err
	}
	var gone []madang.Departure
	for i := 0; i+2 < len(f); i += 3 {
		d, err := readDeparture(f[i : i+3])
		if err != nil {
			return gone, err
		}
		gone = append(gone, d)
	}
	return gone, nil
}

func readDeparture(f []rueidis.RedisMessage) (madang.Departure, error) {
	place, err := f[0].ToString()
	if err != nil {
		return madang.Departure{}, err
	}
	entry, err := f[1].ToString()
	if err != nil {
		return madang.Departure{}, err
	}
	last, err := f[2].AsInt64()
	if err != nil {
		return madang.Departure{}, err
	}
	s, id, err := readPlace(place)
	if err != nil {
		return madang.Departure{}, err
	}
	c, ok := channelOf(s)
	if !ok {
		return madang.Departure{}, fmt.Errorf("place of an entry: %w", errWire)
	}
	m, err := readMember(id, entry)
	return madang.Departure{Channel: c, Member: m, Last: last == 1}, err
}
