package redis

import (
	"strconv"
	"strings"

	"madang"
)

// slots is how many hash slots a Cluster has.
const slots = 16384

// tags returns the hash tags of so many partitions. They are spread evenly over the slots, and so over the masters of a
// Cluster that shares these evenly.
func tags(partitions int) []string {
	all := make([]string, partitions)
	for i := range all {
		for n := 0; ; n++ {
			tag := strconv.Itoa(i) + "-" + strconv.Itoa(n)
			if int(crc16(tag))%slots*partitions/slots == i {
				all[i] = tag
				break
			}
		}
	}
	return all
}

// crc16 is what Redis hashes keys with: CRC-16/XMODEM. Source: the Redis Cluster specification, appendix A.
func crc16(s string) (sum uint16) {
	for i := range len(s) {
		sum ^= uint16(s[i]) << 8
		for range 8 {
			if sum&0x8000 != 0 {
				sum = sum<<1 ^ 0x1021
			} else {
				sum <<= 1
			}
		}
	}
	return sum
}

// suffix is how a channel is written at the end of keys. The length of the app keeps apart what would else look alike.
func suffix(c madang.Channel) string {
	return strconv.Itoa(len(c.App)) + ":" + c.App + c.Name
}

// channelOf reads a suffix.
func channelOf(suffix string) (madang.Channel, bool) {
	length, rest, ok := strings.Cut(suffix, ":")
	n, err := strconv.Atoi(length)
	if !ok || err != nil || n < 0 || n > len(rest) {
		return madang.Channel{}, false
	}
	return madang.Channel{App: rest[:n], Name: rest[n:]}, true
}

// partitionOf says in which of so many a suffix lies: FNV-1a, which every version of this program must agree on.
func partitionOf(suffix string, partitions int) int {
	sum := uint32(2166136261)
	for i := range len(suffix) {
		sum = (sum ^ uint32(suffix[i])) * 16777619
	}
	return int(sum % uint32(partitions))
}

// keys are those of one partition.
type keys struct{ root string }

func (k keys) stream(suffix string) string   { return k.root + "m:" + suffix }
func (k keys) spoken(suffix string) string   { return k.root + "s:" + suffix }
func (k keys) presence(suffix string) string { return k.root + "p:" + suffix }
func (k keys) set(suffix string) string      { return k.root + "h:" + suffix }
func (k keys) users(suffix string) string    { return k.root + "u:" + suffix }
func (k keys) index(n madang.NodeID) string  { return k.root + "n:" + string(n) }
func (k keys) leases() string                { return k.root + "l" }
func (k keys) here() string                  { return k.root + "r" }
func (k keys) born() string                  { return k.root + "z" }
func (k keys) due() string                   { return k.root + "g" }
func (k keys) gone() string                  { return k.root + "d" }
func (k keys) probe(name string) string      { return k.root + "q:" + name }
