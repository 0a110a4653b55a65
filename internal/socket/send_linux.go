//go:build linux && !386 && !s390x

package socket

import (
	"syscall"
	"unsafe"
)

// send is one send(2) on a descriptor that does not wait. It is not announced to the scheduler, unlike syscall.Write:
// that would cost a tenth of the call itself, and there is nothing to announce in a call that never waits. A raw
// send(2) is also cheaper for the kernel than write(2), which looks at files in general first.
//
// With MSG_NOSIGNAL a connection that the peer has reset is an error and no signal.
func send(fd uintptr, b []byte) (int, error) {
	const flags = syscall.MSG_DONTWAIT | syscall.MSG_NOSIGNAL
	n, _, e := syscall.RawSyscall6(syscall.SYS_SENDTO, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), flags, 0, 0)
	if e != 0 {
		return 0, e
	}
	return int(n), nil
}
