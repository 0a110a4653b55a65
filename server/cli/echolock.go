package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// echoLockPath returns where laravel-echo-server writes the id of the process that runs with a configuration file.
func echoLockPath(config string) string {
	return filepath.Join(filepath.Dir(config), strings.TrimSuffix(filepath.Base(config), ".json")+".lock")
}

// An echoLock is the lock file of a running server. Its content is laravel-echo-server's. But who runs is not read from
// there: a file can be left over, and its number can be another process by now. The server holds a lock of the system on
// the file as long as it lives, and the system says whose that is.
type echoLock struct {
	file *os.File // nil: this system has no such locks
	path string
}

// release removes the lock file, which ends the lock too.
func (l *echoLock) release() {
	if l.file == nil {
		return
	}
	_ = os.Remove(l.path) // what remains is a file that nobody holds
	_ = l.file.Close()
}

const (
	stopPatience = 45 * time.Second // more than what draining takes unless it is configured
	stopPoll     = 50 * time.Millisecond
)

// acquireEchoLock makes this process the one that runs, after stopping another one if force says so.
func acquireEchoLock(c *Context, path string, force bool) (*echoLock, error) {
	for {
		l, err := tryEchoLock(path)
		if errors.Is(err, errors.ErrUnsupported) {
			return &echoLock{}, nil
		}
		if err != nil || l != nil {
			return l, err
		}
		if !force {
			return nil, errors.New("there is already a server running; use the option --force to stop it and start another one")
		}
		fmt.Fprintf(c.Stderr, "%s: warning: stopping the running server because of --force\n", c.Assembly.Name)
		if err := stopEcho(c, path); err != nil && !errors.Is(err, errNotRunning) {
			return nil, err
		}
	}
}

// tryEchoLock returns the lock, or nil if another process has it.
func tryEchoLock(path string) (*echoLock, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644) //nolint:gosec // everybody may know which process runs
		if err != nil {
			return nil, fmt.Errorf("write the lock file: %w", err)
		}
		ok, err := lockFile(f)
		if err != nil || !ok {
			return nil, errors.Join(err, f.Close())
		}
		if !sameFile(f, path) { // its owner has removed it in this moment
			if err := f.Close(); err != nil {
				return nil, err
			}
			continue
		}
		text, err := json.MarshalIndent(map[string]int{"process": os.Getpid()}, "", "\t")
		if err == nil {
			err = f.Truncate(0)
		}
		if err == nil {
			_, err = f.WriteAt(text, 0)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("write the lock file: %w", err), f.Close())
		}
		return &echoLock{file: f, path: path}, nil
	}
}

// sameFile reports whether a path still leads to an open file.
func sameFile(f *os.File, path string) bool {
	a, err := f.Stat()
	if err != nil {
		return false
	}
	b, err := os.Stat(path)
	return err == nil && os.SameFile(a, b)
}

// errNotRunning says that there is nothing to stop.
var errNotRunning = errors.New("no server is running with this configuration file")

// stopEcho asks the server that holds the lock to stop, and waits until it has ended. It never signals a process that
// does not hold the lock.
func stopEcho(c *Context, path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: could not find the lock file %s", errNotRunning, path)
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	pid, held, err := lockHolder(f)
	if err != nil {
		return fmt.Errorf("%s: %w; stop the server by its process id", path, err)
	}
	if !held {
		return fmt.Errorf("%w: %s is left over%s", errNotRunning, path, foreignProcess(f))
	}
	if pid <= 1 || pid == os.Getpid() {
		return fmt.Errorf("%s is held by a process that cannot be seen from here, perhaps in another container; stop it there", path)
	}
	if err := signalHolder(f, pid); err != nil {
		return err
	}
	poll := time.NewTicker(stopPoll)
	defer poll.Stop()
	patience := time.NewTimer(stopPatience)
	defer patience.Stop()
	for {
		select {
		case <-poll.C:
		case <-patience.C:
			return fmt.Errorf("process %d was asked to stop and has not ended within %v; a second stop ends it at once", pid, stopPatience)
		case <-c.Soft.Done():
			return c.Soft.Err()
		}
		if now, held, err := lockHolder(f); err != nil || !held || now != pid {
			return err
		}
	}
}

// signalHolder asks a process to stop. The process is looked up first and the lock asked again then, so that a process
// that has got the same number in between is not signalled where the system can tell them apart.
func signalHolder(f *os.File, pid int) error {
	process, err := os.FindProcess(pid)
	if err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	defer func() { _ = process.Release() }()
	if now, held, err := lockHolder(f); err != nil || !held || now != pid {
		return err // it has ended
	}
	if err := process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop process %d: %w", pid, err)
	}
	return nil
}

// foreignProcess says which process a lock file names that does not hold it.
func foreignProcess(f *os.File) string {
	var content struct{ Process json.Number }
	b, err := io.ReadAll(io.LimitReader(f, 1024))
	if err != nil || json.Unmarshal(b, &content) != nil || content.Process == "" {
		return ""
	}
	return fmt.Sprintf("; process %s, which it names, is not ours and was left alone (is it another laravel-echo-server?)", content.Process)
}
