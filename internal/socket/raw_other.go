//go:build !unix

package socket

import (
	"net"
	"syscall"
)

// Elsewhere descriptors are not written with write(2); every connection is served by the blocking Socket and the
// plain reader.
const rawSupported = false

func newRaw(nc net.Conn, _ syscall.RawConn) Socket { return newBlocking(nc) }

// These two exist for the compiler only: without rawSupported no reader is raw.
func (r *reader) readRaw() (b *[]byte, n int, err error) { return nil, 0, net.ErrClosed }

func (r *reader) readOnce(uintptr) bool { return true }
