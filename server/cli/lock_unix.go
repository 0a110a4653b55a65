//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package cli

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// lockFile takes the lock that the kernel frees when the process ends, however it ends. It is the kind whose owner the
// kernel tells. Closing any descriptor of the file frees it, so the file must be open once.
func lockFile(f *os.File) (bool, error) {
	l := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart}
	err := syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &l)
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
		return false, nil
	}
	return err == nil, err
}

// lockHolder returns the process that has the lock; held is false if none has, or this one. In another container the
// process has no number here: 0.
func lockHolder(f *os.File) (pid int, held bool, err error) {
	l := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart}
	if err := syscall.FcntlFlock(f.Fd(), syscall.F_GETLK, &l); err != nil {
		return 0, false, err
	}
	return int(l.Pid), l.Type != syscall.F_UNLCK, nil
}
