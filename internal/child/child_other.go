//go:build !linux

package child

import "syscall"

// Bound has no counterpart here: whoever starts a process ends it.
func Bound() *syscall.SysProcAttr { return nil }
