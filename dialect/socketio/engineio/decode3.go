package engineio

import (
	"bytes"
	"unicode/utf8"
)

// maxDigits is how many digits a length may have: more than any body's, and no overflow.
const maxDigits = 15

// counted reads a text payload of revision 3: "<length>:<packet>" again and again. The length counts UTF-16 code
// units. "0:" is how the reference writes a payload without packets.
func (d *decoder) counted() error {
	if len(d.body) == 0 {
		return malformed("empty payload", 0)
	}
	for i := 0; i < len(d.body); {
		digits := bytes.IndexByte(d.body[i:], ':')
		if digits < 1 || digits > maxDigits {
			return malformed("length missing", i)
		}
		units := 0
		for _, c := range d.body[i : i+digits] {
			if c < '0' || c > '9' {
				return malformed("illegal length", i)
			}
			units = units*10 + int(c-'0')
		}
		start := i + digits + 1
		end, ok := skipUnits(d.body, start, units)
		if !ok {
			return malformed("wrong length", i)
		}
		if end > start {
			if err := d.text(V3, d.body[start:end]); err != nil {
				return err
			}
		}
		i = end
	}
	return nil
}

// skipUnits returns the index in b, valid UTF-8, that is n UTF-16 code units behind i. It fails where b ends before
// that, and where that is inside a surrogate pair.
func skipUnits(b []byte, i, n int) (end int, ok bool) {
	for n > 0 && i < len(b) {
		switch c := b[i]; {
		case c < 0x80:
			i++
		case c < 0xe0:
			i += 2
		case c < 0xf0:
			i += 3
		default:
			i += 4
			n--
		}
		n--
	}
	return i, n == 0
}

// countUnits returns how many UTF-16 code units b, valid UTF-8, has.
func countUnits(b []byte) int {
	n := 0
	for _, c := range b {
		if c&0xc0 != 0x80 { // not a continuation byte
			n++
		}
		if c >= 0xf0 { // four bytes: a surrogate pair
			n++
		}
	}
	return n
}

// The first byte of each packet in a binary payload, and what ends its length.
const (
	kindText   = 0
	kindBinary = 1
	endLength  = 255
)

// binary reads a binary payload of revision 3. As in the reference no packet is handed on before all of them have
// been found, so one wrong length spoils the whole payload.
func (d *decoder) binary() error {
	if err := d.places(func(byte, []byte, int) error { return nil }); err != nil {
		return err
	}
	return d.places(d.place)
}

// places walks "<kind><digits><255><packet>" again and again. Digits are bytes from 0 to 9, and the length counts
// bytes.
func (d *decoder) places(each func(kind byte, b []byte, at int) error) error {
	for i := 0; i < len(d.body); {
		kind := d.body[i]
		if kind > kindBinary {
			return malformed("neither text nor binary", i)
		}
		digits := bytes.IndexByte(d.body[i+1:], endLength)
		if digits < 1 || digits > maxDigits {
			return malformed("length missing", i)
		}
		n := 0
		for _, c := range d.body[i+1 : i+1+digits] {
			if c > 9 {
				return malformed("illegal length", i)
			}
			n = n*10 + int(c)
		}
		start := i + 1 + digits + 1
		if n > len(d.body)-start {
			return malformed("wrong length", i)
		}
		if err := each(kind, d.body[start:start+n], start); err != nil {
			return err
		}
		i = start + n
	}
	return nil
}

// place reads one packet of a binary payload.
func (d *decoder) place(kind byte, b []byte, at int) error {
	if kind == kindBinary {
		p, err := ParseBinary(V3, b)
		if err != nil {
			return err
		}
		return d.emit(p)
	}
	b, ok := toUTF8(b)
	if !ok {
		return malformed("invalid UTF-8", at)
	}
	return d.text(V3, b)
}

// toUTF8 returns b if it is UTF-8, or else a copy with each encoded lone surrogate replaced by U+FFFD: the UTF-8
// encoder of old clients writes them. It fails on anything else.
func toUTF8(b []byte) ([]byte, bool) {
	if utf8.Valid(b) {
		return b, true
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 {
			if !isSurrogate(b[i:]) {
				return nil, false
			}
			size = 3
		}
		out = utf8.AppendRune(out, r)
		i += size
	}
	return out, true
}

// isSurrogate reports whether b begins with the three bytes of U+D800 to U+DFFF.
func isSurrogate(b []byte) bool {
	return len(b) >= 3 && b[0] == 0xed && b[1] >= 0xa0 && b[1] <= 0xbf && b[2]&0xc0 == 0x80
}
