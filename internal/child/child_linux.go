package child

import "syscall"

// Bound are attributes with which a process dies when the one that started it does, even if that could not clean up.
func Bound() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
