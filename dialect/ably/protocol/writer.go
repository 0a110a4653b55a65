package protocol

import (
	"encoding/base64"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/tinylib/msgp/msgp"
)

// A writer appends values in one of the two forms, so that what is written is said once for both.
type writer struct {
	b      []byte
	binary bool // MessagePack, else JSON
	fields int  // of the object that is being written
}

// maxFields is how many fields the shortest head of an object of MessagePack can tell.
const maxFields = 15

// An object is one that is not complete yet.
type object struct {
	at     int // where its head is
	fields int // of the object around it
}

func (w *writer) begin() object {
	o := object{len(w.b), w.fields}
	w.fields = 0
	if w.binary {
		w.b = append(w.b, 0x80)
	} else {
		w.b = append(w.b, '{')
	}
	return o
}

func (w *writer) end(o object) {
	switch {
	case w.binary && w.fields > maxFields: // a longer head is needed than there was room for
		w.b = slices.Insert(w.b, o.at+1, byte(w.fields>>8), byte(w.fields))
		w.b[o.at] = 0xde
	case w.binary:
		w.b[o.at] |= byte(w.fields)
	default:
		w.b = append(w.b, '}')
	}
	w.fields = o.fields
}

func (w *writer) key(k string) {
	w.fields++
	if w.binary {
		w.b = msgp.AppendString(w.b, k)
		return
	}
	if w.fields > 1 {
		w.b = append(w.b, ',')
	}
	w.b = append(append(append(w.b, '"'), k...), '"', ':')
}

// text writes a field unless it is empty.
func (w *writer) text(k, v string) {
	if v != "" {
		w.key(k)
		w.str(v)
	}
}

// number writes a field unless it is zero.
func (w *writer) number(k string, v int64) {
	if v != 0 {
		w.key(k)
		w.int(v)
	}
}

func (w *writer) str(v string) {
	if w.binary {
		w.b = msgp.AppendString(w.b, v)
	} else {
		w.b = appendQuoted(w.b, v)
	}
}

func (w *writer) int(v int64) {
	if w.binary {
		w.b = msgp.AppendInt64(w.b, v)
	} else {
		w.b = strconv.AppendInt(w.b, v, 10)
	}
}

// list writes n values.
func (w *writer) list(n int, value func(i int)) {
	if w.binary {
		w.b = msgp.AppendArrayHeader(w.b, uint32(n))
	} else {
		w.b = append(w.b, '[')
	}
	for i := range n {
		if i > 0 && !w.binary {
			w.b = append(w.b, ',')
		}
		value(i)
	}
	if !w.binary {
		w.b = append(w.b, ']')
	}
}

// data writes the fields data and encoding.
func (w *writer) data(d Data, encoding string) {
	switch d.Kind {
	case None:
	case Text:
		w.key("data")
		w.textBytes(d.Bytes)
	case Value:
		w.key("data")
		w.textBytes(d.Bytes)
		encoding = step(encoding, "json")
	case Binary:
		w.key("data")
		if w.binary {
			w.b = msgp.AppendBytes(w.b, d.Bytes)
			break
		}
		w.b = append(w.b, '"')
		w.b = base64.StdEncoding.AppendEncode(w.b, d.Bytes)
		w.b = append(w.b, '"')
		encoding = step(encoding, "base64")
	}
	w.text("encoding", encoding)
}

func (w *writer) textBytes(b []byte) {
	if w.binary {
		w.b = msgp.AppendStringFromBytes(w.b, b)
	} else {
		w.b = appendQuoted(w.b, b)
	}
}

// step adds a step to an encoding.
func step(encoding, last string) string {
	if encoding == "" {
		return last
	}
	return encoding + "/" + last
}

// appendQuoted appends a JSON string. What is not UTF-8 becomes U+FFFD.
func appendQuoted[T string | []byte](dst []byte, s T) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
			if r == utf8.RuneError && n == 1 {
				dst = append(append(dst, s[from:i]...), "\uFFFD"...)
				from = i + 1
			}
			i += n
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		from = i
	}
	return append(append(dst, s[from:]...), '"')
}
