package emitter

import (
	"errors"
	"time"

	"github.com/tinylib/msgp/msgp"
)

// extension reads an extension value: its type and its bytes, which are a piece of b.
func extension(b []byte) (kind int8, data, rest []byte, err error) {
	var size uint64
	head := 1
	switch c := b[0]; c {
	case 0xd4, 0xd5, 0xd6, 0xd7, 0xd8: // of 1, 2, 4, 8 and 16 bytes
		size = 1 << (c - 0xd4)
	case 0xc7, 0xc8, 0xc9: // with a length of 1, 2 and 4 bytes
		n := 1 << (c - 0xc7)
		if len(b) < 1+n {
			return 0, nil, nil, msgp.ErrShortBytes
		}
		size, head = be(b[1:1+n]), 1+n
	default:
		return 0, nil, nil, errors.New("a byte that begins no value")
	}
	if len(b) <= head || uint64(len(b)-head-1) < size {
		return 0, nil, nil, msgp.ErrShortBytes
	}
	at := head + 1
	end := at + int(size)
	return int8(b[head]), b[at:end:end], b[end:], nil
}

// be reads an unsigned number of up to eight bytes, the highest first.
func be(b []byte) (n uint64) {
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n
}

// timestamp reads the three forms of MessagePack's own extension.
func timestamp(b []byte) (time.Time, error) {
	switch len(b) {
	case 4:
		return time.Unix(int64(be(b)), 0), nil
	case 8:
		n := be(b)
		return time.Unix(int64(n&(1<<34-1)), int64(n>>34)), nil
	case 12:
		return time.Unix(int64(be(b[4:])), int64(be(b[:4]))), nil
	}
	return time.Time{}, errors.New("a time of a length that does not exist")
}

// lastTime is the last millisecond that JavaScript's Date can say, before and after 1970.
const lastTime = 8_640_000_000_000_000

// time writes a time as Date.toISOString does.
func (u *unpacker) time(t time.Time) {
	seconds := t.Unix()
	if seconds > lastTime/1000 || seconds < -lastTime/1000 {
		u.out = append(u.out, "null"...)
		return
	}
	t = t.UTC()
	u.out = append(u.out, '"')
	switch y := t.Year(); {
	case y < 0:
		u.out = append(u.out, '-')
		u.out = appendYear(u.out, -y)
		t = time.Date(0, t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
		u.out = t.AppendFormat(u.out, "-01-02T15:04:05.000Z")
	case y > 9999:
		u.out = append(u.out, '+')
		u.out = appendYear(u.out, y)
		u.out = t.AppendFormat(u.out, "-01-02T15:04:05.000Z")
	default:
		u.out = t.AppendFormat(u.out, "2006-01-02T15:04:05.000Z")
	}
	u.out = append(u.out, '"')
}

// appendYear appends six digits.
func appendYear(dst []byte, y int) []byte {
	var digits [6]byte
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = byte('0' + y%10)
		y /= 10
	}
	return append(dst, digits[:]...)
}
