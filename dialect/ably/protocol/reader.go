package protocol

import (
	"bytes"
	"fmt"
	"math"

	"github.com/tinylib/msgp/msgp"
)

// A reader takes values of MessagePack off its bytes. After an error it returns zero values; null is the zero value of
// everything.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.b = nil
}

// null takes a null off; false if there is something else.
func (r *reader) null() bool {
	if r.err != nil || !msgp.IsNil(r.b) {
		return r.err != nil
	}
	r.b = r.b[1:]
	return true
}

func (r *reader) skip() {
	if r.err != nil {
		return
	}
	r.take(msgp.Skip(r.b))
}

func (r *reader) str() string {
	if r.null() {
		return ""
	}
	v, rest, err := msgp.ReadStringBytes(r.b)
	r.take(rest, err)
	return v
}

// int takes an integer off. JavaScript writes large ones as floating-point numbers.
func (r *reader) int() int64 {
	if r.null() {
		return 0
	}
	switch msgp.NextType(r.b) {
	case msgp.Float64Type, msgp.Float32Type:
		f, rest, err := msgp.ReadFloat64Bytes(r.b)
		if err == nil && (f != math.Trunc(f) || math.Abs(f) > 1<<53) {
			err = fmt.Errorf("%v is no integer", f)
		}
		if err != nil {
			r.fail(err)
			return 0
		}
		r.b = rest
		return int64(f)
	}
	v, rest, err := msgp.ReadInt64Bytes(r.b)
	r.take(rest, err)
	return v
}

// object calls field for each key of an object; field must take the value off.
func (r *reader) object(field func(key string)) {
	if r.null() {
		return
	}
	n, rest, err := msgp.ReadMapHeaderBytes(r.b)
	if err != nil {
		r.fail(err)
		return
	}
	r.b = rest
	for ; n > 0 && r.err == nil; n-- {
		key, rest, err := msgp.ReadMapKeyZC(r.b)
		if err != nil {
			r.fail(err)
			return
		}
		r.b = rest
		field(string(key))
	}
}

// list calls value for each value of a list.
func (r *reader) list(value func()) {
	if r.null() {
		return
	}
	n, rest, err := msgp.ReadArrayHeaderBytes(r.b)
	if err != nil {
		r.fail(err)
		return
	}
	r.b = rest
	for ; n > 0 && r.err == nil; n-- {
		value()
	}
}

// json takes any value off, as JSON.
func (r *reader) json() []byte {
	if r.null() {
		return nil
	}
	return r.value(nil, 0)
}

// take goes on behind a value.
func (r *reader) take(rest []byte, err error) {
	if err != nil {
		r.fail(err)
		return
	}
	r.b = rest
}

func (r *reader) data() (d Data) {
	if r.null() {
		return d
	}
	switch msgp.NextType(r.b) {
	case msgp.StrType:
		v, rest, err := msgp.ReadStringZC(r.b)
		r.take(rest, err)
		return Data{Text, bytes.Clone(v)}
	case msgp.BinType:
		v, rest, err := msgp.ReadBytesZC(r.b)
		r.take(rest, err)
		return Data{Binary, append([]byte{}, v...)}
	}
	return Data{Value, r.json()}
}
