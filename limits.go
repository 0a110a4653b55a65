package madang

import (
	"runtime"
	"time"
)

// Limits bound what connections can take of a node. [DefaultLimits] fills zero fields.
type Limits struct {
	// MaxLines is how many links the node takes. Default 100,000.
	MaxLines int
	// MaxSubscriptions is per connection. Default 1,000.
	MaxSubscriptions int
	// MaxMessage is the size of one message's data and attachments in bytes. Default 1 MiB.
	MaxMessage int

	// MaxLag is how many bytes a link may lag behind; it is closed when it was over that for MaxOver without a
	// break. Defaults 1 MiB and 1 s.
	MaxLag  uint64
	MaxOver time.Duration
	// HardLag closes a link at once. Default 8 MiB.
	HardLag uint64
	// MaxBuffered bounds what all unsent units together may hold; beyond it the link that lags most is closed.
	// Default 256 MiB.
	MaxBuffered int64

	// Memory bounds what clients can make the node hold in all, in bytes: unsent units, theirs alone and of channels, and input
	// that is not whole yet. Near it newcomers are refused; beyond it who holds most is closed, and may come back and resume.
	// Default 512 MiB. Negative: no limit.
	Memory int64

	// MaxKept is about how many bytes of events the node keeps for its history in all, if it keeps them itself; see
	// [Memory]. Default 256 MiB.
	MaxKept int64

	// MessageRate and MessageBurst bound what one connection may ask for per second; see Conn.Spend. 0: no limit.
	MessageRate, MessageBurst int

	// Flushers is how many goroutines write to links. Default max(1, GOMAXPROCS-1).
	Flushers int
}

// DefaultLimits returns l with its zero fields set to the defaults.
func DefaultLimits(l Limits) Limits {
	set(&l.MaxLines, 100_000)
	set(&l.MaxSubscriptions, 1_000)
	set(&l.MaxMessage, 1<<20)
	set(&l.MaxLag, 1<<20)
	set(&l.MaxOver, time.Second)
	set(&l.HardLag, max(8<<20, 2*l.MaxLag))
	set(&l.MaxBuffered, 256<<20)
	set(&l.Memory, 512<<20)
	set(&l.MaxKept, 256<<20)
	set(&l.Flushers, max(1, runtime.GOMAXPROCS(0)-1))
	return l
}

func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
