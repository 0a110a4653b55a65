//go:build !unix

package postgrestest

import "syscall"

// somebody has nothing to change where there is no root.
func somebody(string) (*syscall.SysProcAttr, error) { return &syscall.SysProcAttr{}, nil }
