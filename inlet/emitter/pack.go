package emitter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/tinylib/msgp/msgp"
)

// pack returns a JSON value as MessagePack. Placeholders become the parts that they name; a placeholder of a part that there is not
// stays a map. Of maps in each other as deep as unpack takes them.
func pack(text []byte, parts [][]byte) ([]byte, error) {
	p := packer{d: json.NewDecoder(bytes.NewReader(text)), parts: parts}
	p.d.UseNumber()
	dst, err := p.next(nil, 0)
	if err != nil {
		return nil, fmt.Errorf("write MessagePack: %w", err)
	}
	if p.d.More() {
		return nil, fmt.Errorf("write MessagePack: %w", errTrailing)
	}
	return dst, nil
}

// A packer reads JSON.
type packer struct {
	d     *json.Decoder
	parts [][]byte
}

// next appends the next value.
func (p *packer) next(dst []byte, depth int) ([]byte, error) {
	t, err := p.d.Token()
	if err != nil {
		return nil, err
	}
	return p.value(dst, t, depth)
}

// value appends the value that begins with a token.
func (p *packer) value(dst []byte, t json.Token, depth int) ([]byte, error) {
	if depth > maxDepth {
		return nil, errDepth
	}
	switch v := t.(type) {
	case nil:
		return msgp.AppendNil(dst), nil
	case bool:
		return msgp.AppendBool(dst, v), nil
	case string:
		return msgp.AppendString(dst, v), nil
	case json.Number:
		return appendNumber(dst, v)
	case json.Delim:
		if v == '[' {
			return p.array(dst, depth)
		}
		return p.object(dst, depth)
	}
	return nil, errors.New("no value of JSON")
}

// appendNumber appends an integer as one if it fits, and anything else as JavaScript has it.
func appendNumber(dst []byte, v json.Number) ([]byte, error) {
	if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
		return msgp.AppendInt64(dst, n), nil
	}
	if n, err := strconv.ParseUint(string(v), 10, 64); err == nil {
		return msgp.AppendUint64(dst, n), nil
	}
	f, err := v.Float64()
	return msgp.AppendFloat64(dst, f), err
}

func (p *packer) array(dst []byte, depth int) ([]byte, error) {
	var body []byte
	n := uint32(0)
	var err error
	for p.d.More() {
		if body, err = p.next(body, depth+1); err != nil {
			return nil, err
		}
		n++
	}
	if _, err := p.d.Token(); err != nil {
		return nil, err
	}
	return append(msgp.AppendArrayHeader(dst, n), body...), nil
}

func (p *packer) object(dst []byte, depth int) ([]byte, error) {
	var body []byte
	n, marked, number := uint32(0), false, -1
	for p.d.More() {
		key, err := p.d.Token()
		if err != nil {
			return nil, err
		}
		value, err := p.d.Token()
		if err != nil {
			return nil, err
		}
		switch {
		case key == "_placeholder" && value == true:
			marked = true
		case key == "num":
			if v, ok := value.(json.Number); ok {
				if k, err := strconv.Atoi(string(v)); err == nil {
					number = k
				}
			}
		}
		name, _ := key.(string) // keys are
		if body, err = p.value(msgp.AppendString(body, name), value, depth+1); err != nil {
			return nil, err
		}
		n++
	}
	if _, err := p.d.Token(); err != nil {
		return nil, err
	}
	if marked && n == 2 && number >= 0 && number < len(p.parts) {
		return msgp.AppendBytes(dst, p.parts[number]), nil
	}
	return append(msgp.AppendMapHeader(dst, n), body...), nil
}
