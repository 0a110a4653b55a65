package convention

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"

	"madang"
)

// Alias returns what others are shown as a connection's id. It has the same form and is different for each connection,
// but nobody can tell the id from it: with Engine.IO 3 whoever knows that can read and write in the client's name, and
// members of a presence channel see each other.
func Alias(id madang.ConnID) string {
	sum := sha256.Sum256([]byte(id))
	b := strconv.AppendUint(make([]byte, 0, 41), binary.BigEndian.Uint64(sum[:8]), 10)
	return string(strconv.AppendUint(append(b, '.'), binary.BigEndian.Uint64(sum[8:16]), 10))
}
