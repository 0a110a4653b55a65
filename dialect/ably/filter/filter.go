package filter

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/jmespath/go-jmespath"

	"madang/dialect/ably/protocol"
)

// Limits of filters and of what they look at, in bytes.
const (
	MaxLength = 512      // of an expression
	MaxData   = 16 << 10 // of data, and of extras
)

// A Filter selects messages. It is safe for concurrent use.
type Filter struct {
	query        *jmespath.JMESPath
	reader       *Reader
	extras, data bool // the expression may look at them
}

// Parse returns the filter of an expression in base64, as it stands in a channel's name. The error says what is wrong with
// it, in words for the client.
func (r *Reader) Parse(encoded string) (*Filter, error) {
	if len(encoded) > base64.StdEncoding.EncodedLen(MaxLength) {
		return nil, fmt.Errorf("the filter is longer than %d bytes", MaxLength)
	}
	b, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		b, err = base64.RawURLEncoding.DecodeString(strings.TrimRight(encoded, "="))
	}
	if err != nil {
		return nil, errors.New("the filter is not base64")
	}
	return r.New(string(b))
}

// New returns the filter of an expression.
func (r *Reader) New(expression string) (f *Filter, err error) {
	if len(expression) > MaxLength {
		return nil, fmt.Errorf("the filter is longer than %d bytes", MaxLength)
	}
	if err := screen(expression); err != nil {
		return nil, err
	}
	defer func() {
		if recover() != nil {
			f, err = nil, errors.New("the filter is no JMESPath expression")
		}
	}()
	f = &Filter{reader: r, data: true, extras: true}
	if f.query, err = jmespath.Compile(expression); err != nil {
		return nil, fmt.Errorf("the filter is no JMESPath expression: %w", err)
	}
	if !strings.ContainsAny(expression, `@\`) { // then what it looks at stands in it
		f.data = strings.Contains(expression, "data")
		f.extras = strings.Contains(expression, "headers") || strings.Contains(expression, "extras")
	}
	return f, nil
}

// Match reports whether a message is one that the filter selects. One that the expression fails at is none.
func (f *Filter) Match(m *protocol.Message) (ok bool) {
	defer func() {
		if recover() != nil { // the expression has met what its evaluation was not made for
			ok = false
		}
	}()
	found, err := f.query.Search(f.object(m))
	return err == nil && isTrue(found)
}

// object is a message as expressions see it.
func (f *Filter) object(m *protocol.Message) map[string]any {
	o := map[string]any{"name": m.Name, "clientId": m.ClientID, "connectionId": m.ConnectionID, "data": nil, "extras": nil, "headers": nil}
	if f.extras && len(m.Extras) <= MaxData {
		var extras map[string]any
		if json.Unmarshal(m.Extras, &extras) == nil {
			o["extras"], o["headers"] = extras, extras["headers"]
		}
	}
	if f.data && m.Encoding == "" && len(m.Data.Bytes) <= MaxData {
		o["data"] = f.reader.value(m.Data)
	}
	return o
}

// isTrue is JMESPath's idea of truth.
func isTrue(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return true
}
