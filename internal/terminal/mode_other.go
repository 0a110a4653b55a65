//go:build !(linux || darwin || freebsd || netbsd || openbsd)

package terminal

import "os"

// isTerminal reports that nobody sits there: on this system what is typed cannot be hidden here.
func isTerminal(*os.File) bool { return false }

func hide(*os.File) (func() error, error) { return nil, ErrNoTerminal }
