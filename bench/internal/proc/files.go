//go:build linux

package proc

import (
	"fmt"
	"syscall"
)

// RaiseFiles makes sure that this process and the children it starts may open
// need files each.
func RaiseFiles(need uint64) error {
	var have syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &have); err != nil {
		return fmt.Errorf("read the limit of open files: %w", err)
	}
	if have.Max < need {
		return fmt.Errorf("the benchmark needs %d open files, the hard limit is %d: raise it (ulimit -Hn %d) or measure fewer connections", need, have.Max, need)
	}
	// Go raises its own soft limit and gives children the old one, until the
	// program sets the limit by itself. So it is set even when it is enough.
	want := syscall.Rlimit{Cur: max(need, have.Cur), Max: have.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &want); err != nil {
		return fmt.Errorf("raise the limit of open files to %d: %w", want.Cur, err)
	}
	return nil
}
