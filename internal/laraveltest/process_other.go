//go:build !linux

package laraveltest

import "syscall"

// deathSignal has no counterpart here: it ends with its test.
func deathSignal() *syscall.SysProcAttr { return nil }
