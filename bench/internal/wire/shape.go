package wire

import "bytes"

// A Shape is what a numbered packet of a server looks like.
type Shape interface {
	// Number returns the number in a packet, and whether the packet has this
	// shape: of what is known of it, nothing was changed but the number.
	Number(packet []byte) (n int, ok bool)
}

// A Many is a Shape of packets that may carry several numbers.
type Many interface {
	Shape
	// Numbers calls f for each number until it returns false, and reports whether the packet has this shape.
	Numbers(packet []byte, f func(n int) bool) (ok bool)
}

// An exact Shape is a packet of which length and beginning are known
// beforehand, for the application returns data unchanged.
type exact struct {
	start  string
	length int
}

func shape(before string, size int, after string) Shape {
	return &exact{start: before + dataStart, length: len(before) + len(data(size)) + len(after)}
}

// Number implements Shape.
func (s *exact) Number(packet []byte) (int, bool) {
	if len(packet) != s.length || string(packet[:len(s.start)]) != s.start {
		return 0, false
	}
	return number(packet[len(s.start):])
}

// A loose Shape is a packet in which the server puts things of its own between
// those that are known: ids, serials, times.
type loose struct {
	delivery func(packet []byte) bool
	known    []part
	each     []string // what stands between two numbers, too
	before   part     // the number
	after    string   // the rest of the data
}

// Number implements Shape.
func (s *loose) Number(packet []byte) (int, bool) {
	if !s.delivery(packet) {
		return 0, false
	}
	for i := range s.known {
		if _, ok := s.known[i].end(packet); !ok {
			return 0, false
		}
	}
	at, ok := s.before.end(packet)
	if !ok || len(packet) < at+digits+len(s.after) || string(packet[at+digits:at+digits+len(s.after)]) != s.after {
		return 0, false
	}
	return number(packet[at:])
}

// Numbers implements Many: behind the first, each message has its own parts, in order, and the number behind them.
func (s *loose) Numbers(packet []byte, f func(n int) bool) bool {
	n, ok := s.Number(packet)
	if !ok {
		return false
	}
	first := bytes.Index(packet, []byte(s.before.text))
	for at := first; ok; {
		if !f(n) {
			return true
		}
		at += len(s.before.text) + digits + len(s.after)
		next := bytes.Index(packet[at:], []byte(s.before.text))
		if next < 0 {
			return true
		}
		between := packet[at : at+next]
		at += next
		for _, p := range s.each {
			if !bytes.Contains(between, []byte(p)) {
				return false
			}
		}
		rest := packet[at+len(s.before.text):]
		if len(rest) < digits+len(s.after) || string(rest[digits:digits+len(s.after)]) != s.after {
			return false
		}
		n, ok = number(rest)
	}
	return false
}

// A part is a text that a packet has somewhere, most often where the packet
// before it had it.
type part struct {
	text string
	at   int
}

// end returns where the part ends in a packet.
func (p *part) end(packet []byte) (at int, ok bool) {
	if end := p.at + len(p.text); end <= len(packet) && string(packet[p.at:end]) == p.text {
		return end, true
	}
	i := bytes.Index(packet, []byte(p.text))
	if i < 0 {
		return 0, false
	}
	p.at = i
	return i + len(p.text), true
}

// number reads the digits that b begins with.
func number(b []byte) (n int, ok bool) {
	if len(b) < digits {
		return 0, false
	}
	for _, d := range b[:digits] {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = n*10 + int(d-'0')
	}
	return n, true
}
