package packet

// Defaults of the fields of Limits.
const (
	DefaultMaxAttachments = 10        // as socket.io-parser since 4.2.6
	DefaultMaxDepth       = 256       // levels of arrays and objects
	DefaultMaxBytes       = 1_000_000 // as Engine.IO's maxHttpBufferSize
)

// Limits bound what one packet may ask of the reader. A zero field means its default.
type Limits struct {
	// MaxAttachments is the largest number of attachments of a packet. Negative: binary packets are refused.
	MaxAttachments int
	// MaxDepth is how deep arrays and objects may be nested; the arguments' own array is the first level.
	MaxDepth int
	// MaxBytes bounds a binary packet together with its attachments, in an Assembler. Single frames are bounded by
	// whoever reads them.
	MaxBytes int
}

func (l Limits) maxAttachments() int { return orDefault(l.MaxAttachments, DefaultMaxAttachments) }
func (l Limits) maxDepth() int       { return orDefault(l.MaxDepth, DefaultMaxDepth) }
func (l Limits) maxBytes() int       { return orDefault(l.MaxBytes, DefaultMaxBytes) }

func orDefault(n, def int) int {
	if n == 0 {
		return def
	}
	return n
}
