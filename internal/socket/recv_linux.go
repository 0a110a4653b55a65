//go:build linux && !386 && !s390x

package socket

import (
	"syscall"
	"unsafe"
)

// recv is one recv(2) on a descriptor that does not wait; see send.
func recv(fd uintptr, b []byte) (int, error) {
	n, _, e := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), syscall.MSG_DONTWAIT, 0, 0)
	if e != 0 {
		return 0, e
	}
	return int(n), nil
}
