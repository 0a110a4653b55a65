package engineio

// Defaults of the fields of Limits.
const (
	DefaultMaxBytes   = 1_000_000 // as the reference's maxHttpBufferSize
	DefaultMaxPackets = 10_000    // the reference has no such limit
)

// Limits bound what one payload may ask of the reader. A zero field means its default.
type Limits struct {
	MaxBytes   int // size of the body
	MaxPackets int // packets in it
}

func (l Limits) maxBytes() int {
	if l.MaxBytes == 0 {
		return DefaultMaxBytes
	}
	return l.MaxBytes
}

func (l Limits) maxPackets() int {
	if l.MaxPackets == 0 {
		return DefaultMaxPackets
	}
	return l.MaxPackets
}
