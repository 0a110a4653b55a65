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
	each     []part // what stands between two numbers, too
	next     part   // the number, from behind the one before
	before   part   // the number
	after    string // the rest of the data
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
	first, _ := s.before.end(packet)
	for at := first; ok; {
		if !f(n) {
			return true
		}
		rest := packet[at+digits+len(s.after):]
		end, more := s.next.end(rest)
		if !more {
			return true
		}
		between := rest[:end]
		for i := range s.each {
			if _, ok := s.each[i].end(between); !ok {
				return false
			}
		}
		at = len(packet) - len(rest) + end
		if rest = rest[end:]; len(rest) < digits+len(s.after) || string(rest[digits:digits+len(s.after)]) != s.after {
			return false
		}
		n, ok = number(rest)
	}
	return false
}

// A part is a text that a packet has somewhere, most often where one of the
// packets before it had it.
type part struct {
	text string
	at   [2]int // the last one first
}

// end returns where the part ends in a packet.
func (p *part) end(packet []byte) (at int, ok bool) {
	for i, at := range p.at {
		if end := at + len(p.text); end <= len(packet) && string(packet[at:end]) == p.text {
			if i > 0 {
				p.at[0], p.at[1] = p.at[1], p.at[0]
			}
			return end, true
		}
	}
	i := bytes.Index(packet, []byte(p.text))
	if i < 0 {
		return 0, false
	}
	p.at = [2]int{i, p.at[0]}
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
