//go:build !linux

package redistest

import "syscall"

// deathSignal has no counterpart here: servers end with their tests.
func deathSignal() *syscall.SysProcAttr { return nil }
