//go:build linux && (386 || s390x)

package socket

import "syscall"

// recv is one read(2) on a descriptor that does not wait.
func recv(fd uintptr, b []byte) (int, error) { return syscall.Read(int(fd), b) }
