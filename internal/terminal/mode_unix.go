//go:build linux || darwin || freebsd || netbsd || openbsd

package terminal

import (
	"os"

	"golang.org/x/sys/unix"
)

func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), getMode)
	return err == nil
}

// hide stops showing what is typed, and returns what shows it again.
func hide(f *os.File) (restore func() error, err error) {
	fd := int(f.Fd())
	before, err := unix.IoctlGetTermios(fd, getMode)
	if err != nil {
		return nil, err
	}
	silent := *before
	silent.Lflag &^= unix.ECHO
	silent.Lflag |= unix.ICANON | unix.ISIG
	if err := unix.IoctlSetTermios(fd, setMode, &silent); err != nil {
		return nil, err
	}
	return func() error { return unix.IoctlSetTermios(fd, setMode, before) }, nil
}
