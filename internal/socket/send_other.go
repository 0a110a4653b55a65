//go:build unix && (!linux || 386 || s390x)

package socket

import "syscall"

// send is one write(2) on a descriptor that does not wait.
func send(fd uintptr, b []byte) (int, error) { return syscall.Write(int(fd), b) }
