package protocol

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/tinylib/msgp/msgp"
)

// maxDepth is how deeply extras may be nested.
const maxDepth = 64

// raw writes a JSON value. One that is not valid becomes null.
func (w *writer) raw(v []byte) {
	if !w.binary {
		if json.Valid(v) {
			w.b = append(w.b, v...)
		} else {
			w.b = append(w.b, "null"...)
		}
		return
	}
	d := json.NewDecoder(bytes.NewReader(v))
	d.UseNumber()
	b, err := appendValue(w.b, d, 0)
	if err != nil {
		b = msgp.AppendNil(w.b)
	}
	w.b = b
}

// appendValue appends the decoder's next value as MessagePack. Keys keep their order.
func appendValue(dst []byte, d *json.Decoder, depth int) ([]byte, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Delim:
		return appendNested(dst, d, t, depth+1)
	case string:
		return msgp.AppendString(dst, t), nil
	case json.Number:
		return appendNumber(dst, t), nil
	case bool:
		return msgp.AppendBool(dst, t), nil
	}
	return msgp.AppendNil(dst), nil
}

// appendNested appends an object or array, whose head says how many there are in it.
func appendNested(dst []byte, d *json.Decoder, open json.Delim, depth int) ([]byte, error) {
	if depth > maxDepth {
		return nil, errDeep
	}
	var in []byte
	n := uint32(0)
	var err error
	for d.More() {
		if open == '{' {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			in = msgp.AppendString(in, key.(string)) // an object's key is a string
		}
		if in, err = appendValue(in, d, depth); err != nil {
			return nil, err
		}
		n++
	}
	if _, err := d.Token(); err != nil { // the end
		return nil, err
	}
	if open == '{' {
		dst = msgp.AppendMapHeader(dst, n)
	} else {
		dst = msgp.AppendArrayHeader(dst, n)
	}
	return append(dst, in...), nil
}

// errDeep says that a value is nested too deeply.
var errDeep = errors.New("a value is nested too deeply")

func appendNumber(dst []byte, n json.Number) []byte {
	if i, err := strconv.ParseInt(n.String(), 10, 64); err == nil {
		return msgp.AppendInt64(dst, i)
	}
	if u, err := strconv.ParseUint(n.String(), 10, 64); err == nil {
		return msgp.AppendUint64(dst, u)
	}
	f, _ := n.Float64() // what is beyond its range becomes infinite, as in JavaScript
	return msgp.AppendFloat64(dst, f)
}

// value takes a value off and appends it as JSON. Keys keep their order; bytes become base64, and what JSON has no word for
// becomes null.
func (r *reader) value(dst []byte, depth int) []byte {
	if r.null() {
		return append(dst, "null"...)
	}
	if depth > maxDepth {
		r.fail(errDeep)
		return dst
	}
	switch msgp.NextType(r.b) {
	case msgp.StrType:
		return appendQuoted(dst, r.str())
	case msgp.BinType:
		b := r.data().Bytes
		return append(base64.StdEncoding.AppendEncode(append(dst, '"'), b), '"')
	case msgp.BoolType:
		v, rest, err := msgp.ReadBoolBytes(r.b)
		r.take(rest, err)
		return strconv.AppendBool(dst, v)
	case msgp.Float32Type, msgp.Float64Type:
		v, rest, err := msgp.ReadFloat64Bytes(r.b)
		r.take(rest, err)
		b, err := json.Marshal(v)
		if err != nil {
			return append(dst, "null"...)
		}
		return append(dst, b...)
	case msgp.UintType:
		v, rest, err := msgp.ReadUint64Bytes(r.b)
		r.take(rest, err)
		return strconv.AppendUint(dst, v, 10)
	case msgp.IntType:
		v, rest, err := msgp.ReadInt64Bytes(r.b)
		r.take(rest, err)
		return strconv.AppendInt(dst, v, 10)
	case msgp.MapType:
		return r.nested(dst, '{', depth)
	case msgp.ArrayType:
		return r.nested(dst, '[', depth)
	}
	r.skip() // a time, or an extension
	return append(dst, "null"...)
}

// nested takes an object or array off.
func (r *reader) nested(dst []byte, open byte, depth int) []byte {
	first := true
	next := func() {
		if !first {
			dst = append(dst, ',')
		}
		first = false
	}
	dst = append(dst, open)
	if open == '{' {
		r.object(func(key string) {
			next()
			dst = r.value(append(appendQuoted(dst, key), ':'), depth+1)
		})
		return append(dst, '}')
	}
	r.list(func() {
		next()
		dst = r.value(dst, depth+1)
	})
	return append(dst, ']')
}
