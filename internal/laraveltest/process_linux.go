package laraveltest

import "syscall"

// deathSignal ends a server when the test's process dies without having cleaned up.
func deathSignal() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
