package madangtest_test

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"madang"
	"madang/madangtest"
)

func TestMemoryIsABroker(t *testing.T) {
	madangtest.TestBroker(t, func(*testing.T) func() madang.Broker { return madang.NewMemory().Broker })
}

// What only arrives later and on another goroutine is a broker still: the suite does not demand more than the contract.
func TestLaterIsABroker(t *testing.T) {
	madangtest.TestBroker(t, func(*testing.T) func() madang.Broker {
		m := madang.NewMemory()
		return func() madang.Broker {
			return madangtest.Later(m.Broker(), func() time.Duration { return time.Duration(rand.IntN(200)) * time.Microsecond })
		}
	})
}

func TestMemoryIsAPresence(t *testing.T) {
	madangtest.TestPresence(t, func(*testing.T) func() madang.Presence {
		m := madang.NewMemory()
		return func() madang.Presence { return m }
	})
}

// plain is the simplest dialect: a record of length and data.
type plain struct{}

func (plain) Encode(dst []byte, e *madang.Event) ([]byte, error) {
	if e.Message == nil {
		return dst, nil
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(e.Message.Data)))
	return append(dst, e.Message.Data...), nil
}

// ordered is plain with a lock.
type ordered struct {
	*sync.Mutex
	plain
}

func TestPlainIsADialect(t *testing.T) {
	madangtest.TestDialect(t, func(*testing.T) madang.Dialect { return plain{} })
	mu := new(sync.Mutex)
	madangtest.TestDialect(t, func(*testing.T) madang.Dialect { return ordered{Mutex: mu} })
}
