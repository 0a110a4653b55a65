//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package cli

import (
	"errors"
	"os"
)

// lockFile says that this system has no such locks: the server runs without a lock file.
func lockFile(*os.File) (bool, error) { return false, errors.ErrUnsupported }

// lockHolder cannot say either.
func lockHolder(*os.File) (pid int, held bool, err error) { return 0, false, errors.ErrUnsupported }
