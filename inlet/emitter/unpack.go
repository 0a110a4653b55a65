package emitter

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/tinylib/msgp/msgp"
)

// Bounds of a MessagePack body, besides its length.
const (
	maxDepth = 64   // of arrays and maps in each other
	maxParts = 1000 // binary values
)

// What is wrong with a body.
var (
	errDepth    = fmt.Errorf("values are nested more than %d deep", maxDepth)
	errParts    = fmt.Errorf("there are more than %d binary values", maxParts)
	errTrailing = errors.New("there are bytes behind the value")
	errKey      = errors.New("the key of a map is neither a text nor an integer")
)

// unpack turns a MessagePack value into JSON as JSON.stringify of JavaScript writes it: times are texts, and what JSON cannot say is
// null. Binary values become the placeholders of Socket.IO, in the order of the parts. The parts are pieces of b.
func unpack(b []byte) (text []byte, parts [][]byte, err error) {
	u := unpacker{out: make([]byte, 0, len(b)+len(b)/2)}
	rest, err := u.value(b, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("MessagePack: %w", err)
	}
	if len(rest) > 0 {
		return nil, nil, fmt.Errorf("MessagePack: %w", errTrailing)
	}
	return u.out, u.parts, nil
}

// An unpacker writes JSON.
type unpacker struct {
	out   []byte
	parts [][]byte
}

// value writes one value and returns what is behind it.
func (u *unpacker) value(b []byte, depth int) (rest []byte, err error) {
	if depth > maxDepth {
		return nil, errDepth
	}
	switch t := msgp.NextType(b); t {
	case msgp.MapType:
		return u.object(b, depth)
	case msgp.ArrayType:
		return u.array(b, depth)
	case msgp.StrType:
		s, rest, err := msgp.ReadStringZC(b)
		u.text(s)
		return rest, err
	case msgp.BinType:
		part, rest, err := msgp.ReadBytesZC(b)
		if err != nil {
			return nil, err
		}
		return rest, u.part(part)
	case msgp.BoolType:
		v, rest, err := msgp.ReadBoolBytes(b)
		u.out = strconv.AppendBool(u.out, v)
		return rest, err
	case msgp.NilType:
		u.out = append(u.out, "null"...)
		return msgp.ReadNilBytes(b)
	case msgp.IntType:
		v, rest, err := msgp.ReadInt64Bytes(b)
		u.out = strconv.AppendInt(u.out, v, 10)
		return rest, err
	case msgp.UintType:
		v, rest, err := msgp.ReadUint64Bytes(b)
		u.out = strconv.AppendUint(u.out, v, 10)
		return rest, err
	case msgp.Float32Type, msgp.Float64Type:
		v, rest, err := msgp.ReadFloat64Bytes(b)
		u.number(v)
		return rest, err
	case msgp.InvalidType:
		return nil, fmt.Errorf("no value: %w", msgp.ErrShortBytes)
	default: // extensions, which msgp knows by several types
		return u.extension(b)
	}
}

func (u *unpacker) array(b []byte, depth int) ([]byte, error) {
	n, b, err := msgp.ReadArrayHeaderBytes(b)
	if err != nil {
		return nil, err
	}
	u.out = append(u.out, '[')
	for i := range n {
		if i > 0 {
			u.out = append(u.out, ',')
		}
		if b, err = u.value(b, depth+1); err != nil {
			return nil, err
		}
	}
	u.out = append(u.out, ']')
	return b, nil
}

func (u *unpacker) object(b []byte, depth int) ([]byte, error) {
	n, b, err := msgp.ReadMapHeaderBytes(b)
	if err != nil {
		return nil, err
	}
	u.out = append(u.out, '{')
	for i := range n {
		if i > 0 {
			u.out = append(u.out, ',')
		}
		switch msgp.NextType(b) {
		case msgp.StrType:
			b, err = u.value(b, depth)
		case msgp.IntType, msgp.UintType:
			u.out = append(u.out, '"')
			b, err = u.value(b, depth)
			u.out = append(u.out, '"')
		default:
			return nil, errKey
		}
		if err != nil {
			return nil, err
		}
		u.out = append(u.out, ':')
		if b, err = u.value(b, depth+1); err != nil {
			return nil, err
		}
	}
	u.out = append(u.out, '}')
	return b, nil
}

// text writes a string. What is not UTF-8 becomes the replacement character, as in JavaScript.
func (u *unpacker) text(s []byte) {
	for _, c := range s {
		if c < 0x20 || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			quoted, _ := json.Marshal(string(s)) // a string always has a JSON form
			u.out = append(u.out, quoted...)
			return
		}
	}
	u.out = append(append(append(u.out, '"'), s...), '"')
}

func (u *unpacker) part(b []byte) error {
	if len(u.parts) >= maxParts {
		return errParts
	}
	u.out = append(u.out, `{"_placeholder":true,"num":`...)
	u.out = strconv.AppendInt(u.out, int64(len(u.parts)), 10)
	u.out = append(u.out, '}')
	u.parts = append(u.parts, b)
	return nil
}

func (u *unpacker) number(v float64) {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		u.out = append(u.out, "null"...)
	case v == 0:
		u.out = append(u.out, '0') // also of -0
	default:
		text, _ := json.Marshal(v) // cannot fail for what is finite
		u.out = append(u.out, text...)
	}
}

// extension writes a time, what older versions of notepack.io wrote, or any other extension as JavaScript has it: [type, bytes].
func (u *unpacker) extension(b []byte) ([]byte, error) {
	kind, data, rest, err := extension(b)
	if err != nil {
		return nil, err
	}
	switch {
	case kind == -1:
		at, err := timestamp(data)
		if err != nil {
			return nil, err
		}
		u.time(at)
	case kind == 0 && len(data) == 1:
		u.out = append(u.out, "null"...) // undefined
	case kind == 0 && len(data) == 8:
		u.time(time.UnixMilli(int64(be(data))))
	case kind == 0:
		return rest, u.part(data) // an ArrayBuffer
	default:
		u.out = append(u.out, '[')
		u.out = append(strconv.AppendInt(u.out, int64(kind), 10), ',')
		if err := u.part(data); err != nil {
			return nil, err
		}
		u.out = append(u.out, ']')
	}
	return rest, nil
}
