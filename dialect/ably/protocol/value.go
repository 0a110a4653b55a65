package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// FromJSON appends a JSON value as MessagePack: what an HTTP answer holds, for a client that wants it so. Keys keep their
// order. A value that is not valid becomes null.
func FromJSON(dst, value []byte) []byte {
	w := writer{b: dst, binary: true}
	w.raw(value)
	return w.b
}

// ToJSON returns a value of MessagePack as JSON: the body of an HTTP request that has no bytes in it. Bytes become base64.
func ToJSON(b []byte) ([]byte, error) {
	r := reader{b: b}
	out := r.value(nil, 0)
	if r.err == nil && len(r.b) > 0 {
		r.err = fmt.Errorf("%d bytes behind the value", len(r.b))
	}
	if r.err != nil {
		return nil, fmt.Errorf("read MessagePack: %w", r.err)
	}
	return out, nil
}

// A Batch is one entry of a batch publish: some messages for each of some channels.
type Batch struct {
	Channels []string
	Messages []Message
}

// DecodeBatches reads the body of a batch publish: one entry, or a list. Channels and messages may each be one, or a list.
func DecodeBatches(b []byte, binary bool) ([]Batch, error) {
	if !binary {
		return jsonBatches(b)
	}
	r := reader{b: b}
	var all []Batch
	if r.isList() {
		r.list(func() {
			if len(all) == maxList {
				r.fail(tooMany())
				return
			}
			all = append(all, r.batch())
		})
	} else {
		all = append(all, r.batch())
	}
	if r.err == nil && len(r.b) > 0 {
		r.err = fmt.Errorf("%d bytes behind the batches", len(r.b))
	}
	if r.err != nil {
		return nil, fmt.Errorf("read MessagePack: %w", r.err)
	}
	return all, nil
}

func (r *reader) batch() (x Batch) {
	r.object(func(key string) {
		switch {
		case key == "channels" && r.isList():
			r.list(func() { x.Channels = append(x.Channels, r.str()) })
		case key == "channels":
			x.Channels = []string{r.str()}
		case key == "messages":
			x.Messages = r.oneOrMore()
		default:
			r.skip()
		}
	})
	return x
}

func jsonBatches(b []byte) ([]Batch, error) {
	if b = bytes.TrimSpace(b); len(b) == 0 {
		return nil, errors.New("read JSON: there is nothing")
	}
	if !isArray(b) {
		b = append(append([]byte{'['}, b...), ']')
	}
	if err := bounded(b); err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	var in []struct {
		Channels json.RawMessage `json:"channels"`
		Messages json.RawMessage `json:"messages"`
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	all := make([]Batch, len(in))
	for i := range in {
		channels := in[i].Channels
		if len(channels) > 0 && !isArray(channels) {
			channels = append(append([]byte{'['}, channels...), ']')
		}
		if len(channels) > 0 {
			if err := json.Unmarshal(channels, &all[i].Channels); err != nil {
				return nil, fmt.Errorf("read the channels of batch %d: %w", i, err)
			}
		}
		if isNull(in[i].Messages) {
			continue
		}
		var err error
		if all[i].Messages, err = DecodeMessages(in[i].Messages, false); err != nil {
			return nil, fmt.Errorf("batch %d: %w", i, err)
		}
	}
	return all, nil
}

func isArray(b []byte) bool { return bytes.HasPrefix(bytes.TrimLeft(b, " \t\r\n"), []byte{'['}) }
