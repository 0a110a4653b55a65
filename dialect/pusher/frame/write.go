package frame

import "unicode/utf8"

// An Out is one text of the server.
type Out struct {
	Event   string
	Channel string // may be empty
	Text    string // data as a text, if Value is nil
	Value   []byte // data as a JSON value; it must be valid
	NoData  bool   // neither
	UserID  []byte // who published a client event in a presence channel, as JSON; may be nil
}

// Append appends the text to dst.
func (o Out) Append(dst []byte) []byte {
	dst = append(dst, `{"event":`...)
	dst = AppendString(dst, o.Event)
	if o.Channel != "" {
		dst = AppendString(append(dst, `,"channel":`...), o.Channel)
	}
	switch {
	case o.NoData:
	case o.Value != nil:
		dst = append(append(dst, `,"data":`...), o.Value...)
	default:
		dst = AppendString(append(dst, `,"data":`...), o.Text)
	}
	if o.UserID != nil {
		dst = append(append(dst, `,"user_id":`...), o.UserID...)
	}
	return append(dst, '}')
}

const hex = "0123456789abcdef"

// AppendString appends s as a JSON string. Bytes that are not UTF-8 become U+FFFD. Unlike package encoding/json it leaves
// characters alone that only matter inside HTML: data that is JSON is full of quotes as it is.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	plain := 0 // what is before it has been appended
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			if r, size := utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		dst = append(dst, s[plain:i]...)
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, "\uFFFD"...)
		}
		i++
		plain = i
	}
	return append(append(dst, s[plain:]...), '"')
}
