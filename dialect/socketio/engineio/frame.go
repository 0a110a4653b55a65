package engineio

import "encoding/base64"

// ParseText reads a packet from a WebSocket text frame or from one place of a text payload. In both it may be a
// binary packet in base64, which is then decoded into new memory; otherwise Data aliases b. That b is UTF-8 is for the
// caller to know. Errors wrap ErrMalformed.
func ParseText(v Version, b []byte) (Packet, error) {
	if len(b) == 0 {
		return Packet{}, malformed("empty packet", 0)
	}
	if b[0] == 'b' {
		return parseBase64(v, b)
	}
	t, ok := typeOf(b[0], '0')
	if !ok {
		return Packet{}, malformed("unknown packet type", 0)
	}
	return Packet{Type: t, Data: b[1:]}, nil
}

// ParseBinary reads a packet from a WebSocket binary frame or from a binary place of a revision 3 payload. Data
// aliases b. Errors wrap ErrMalformed; revision 4 has none, since there every binary frame is a message.
func ParseBinary(v Version, b []byte) (Packet, error) {
	if v != V3 {
		return Packet{Type: Message, Binary: true, Data: b}, nil
	}
	if len(b) == 0 {
		return Packet{}, malformed("empty packet", 0)
	}
	t, ok := typeOf(b[0], 0)
	if !ok {
		return Packet{}, malformed("unknown packet type", 0)
	}
	return Packet{Type: t, Binary: true, Data: b[1:]}, nil
}

// parseBase64 reads "b4AQID" in revision 3 and "bAQID" in revision 4.
func parseBase64(v Version, b []byte) (Packet, error) {
	p := Packet{Type: Message, Binary: true}
	code := b[1:]
	if v == V3 {
		if len(code) == 0 {
			return Packet{}, malformed("binary packet without a type", 1)
		}
		t, ok := typeOf(code[0], '0')
		if !ok {
			return Packet{}, malformed("unknown packet type", 1)
		}
		p.Type, code = t, code[1:]
	}
	data, err := base64.StdEncoding.AppendDecode(make([]byte, 0, base64.StdEncoding.DecodedLen(len(code))), code)
	if err != nil {
		return Packet{}, malformed("illegal base64", len(b)-len(code))
	}
	p.Data = data
	return p, nil
}

func typeOf(c, zero byte) (Type, bool) {
	t := Type(c - zero)
	return t, t < types
}

// AppendText appends p as a text frame to dst and returns the extended slice. A binary packet is written in base64,
// as for clients without binary support.
func (p Packet) AppendText(dst []byte, v Version) []byte {
	if !p.Binary {
		dst = append(dst, '0'+byte(p.Type))
		return append(dst, p.Data...)
	}
	dst = append(dst, 'b')
	if v == V3 {
		dst = append(dst, '0'+byte(p.Type))
	}
	return base64.StdEncoding.AppendEncode(dst, p.Data)
}

// AppendBinary appends a binary packet as a binary frame to dst and returns the extended slice.
func (p Packet) AppendBinary(dst []byte, v Version) []byte {
	if v == V3 {
		dst = append(dst, byte(p.Type))
	}
	return append(dst, p.Data...)
}
