package sqlite

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// A fileLock keeps other servers away from a database. The file stays when the lock is gone: removing it would let two
// servers lock two files of one name.
type fileLock struct{ file *os.File }

// lockFile takes the lock or says who has it.
func lockFile(path string) (*fileLock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock file: %w (check that the server's user may write in the folder)", err)
	}
	ok, err := tryLock(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	if !ok {
		return nil, errors.Join(fmt.Errorf("%w: process %s holds %s (stop it, or give this server another data folder)",
			ErrInUse, holder(f), path), f.Close())
	}
	l := &fileLock{f}
	if err := l.sign(); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), l.unlock())
	}
	return l, nil
}

// ErrInUse says that another server has the database open.
var ErrInUse = errors.New("database is in use by another server")

// sign writes this process's id into the file, for whoever comes second.
func (l *fileLock) sign() error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	return err
}

// holder returns the process id in the file. It is a help for people; the lock itself is the kernel's.
func holder(f *os.File) string {
	b, err := io.ReadAll(io.LimitReader(f, 20))
	if id := strings.TrimSpace(string(b)); err == nil && id != "" {
		return id
	}
	return "unknown"
}

// unlock gives the lock back.
func (l *fileLock) unlock() error { return l.file.Close() }
