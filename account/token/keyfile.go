package token

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"
)

// A keyFile is a JWK set in a file. It is looked at for every token and read when its time or size has changed.
// A file that is gone or broken leaves the keys as they were.
type keyFile struct {
	path string
	log  *slog.Logger

	mu      sync.Mutex
	keys    []key
	stamp   fileStamp // of what was read last, good or not: a broken file is read once
	unread  bool      // the last look did not get as far as reading
	trouble string    // told last; the same again is not told
}

type fileStamp struct {
	changed time.Time
	size    int64
}

func stampOf(i os.FileInfo) fileStamp { return fileStamp{i.ModTime(), i.Size()} }

// openKeyFile reads the file for the first time, when it must be good.
func openKeyFile(path string, log *slog.Logger) (*keyFile, error) {
	f := &keyFile{path: path, log: log}
	if err := f.read(); err != nil {
		return nil, err
	}
	return f, nil
}

// current returns the keys of the file as it is now.
func (f *keyFile) current() []key {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.path)
	if err == nil && !f.unread && stampOf(info) == f.stamp {
		return f.keys
	}
	if err = f.read(); err == nil {
		f.trouble = ""
		f.log.Info("key file read again", "path", f.path, "keys", len(f.keys))
	} else if f.trouble != err.Error() {
		f.trouble = err.Error()
		f.log.Warn("key file cannot be used, its last keys stay good", "error", err)
	}
	return f.keys
}

func (f *keyFile) read() error {
	f.unread = true
	info, err := os.Stat(f.path)
	if err != nil {
		return fmt.Errorf("read key file: %w", err)
	}
	if !info.Mode().IsRegular() { // to open a pipe would wait for its writer
		return fmt.Errorf("read key file %s: not a regular file", f.path)
	}
	file, err := os.Open(f.path)
	if err != nil {
		return fmt.Errorf("read key file: %w", err)
	}
	defer file.Close()
	// The stamp is from before the reading: a change in the midst of it shows as another stamp.
	f.stamp, f.unread = stampOf(info), false
	data, err := readKeySet(file)
	if err != nil {
		return fmt.Errorf("read key file %s: %w", f.path, err)
	}
	keys, skipped, err := parseSet(data, true)
	if err != nil {
		return fmt.Errorf("key file %s: %w", f.path, err)
	}
	if len(keys) == 0 {
		return fmt.Errorf("key file %s: no key of it can be used: %w", f.path, errors.Join(skipped...))
	}
	for _, why := range skipped {
		f.log.Warn("key passed over", "path", f.path, "reason", why)
	}
	f.keys = keys
	return nil
}

// readKeySet reads all of r, which must not be longer than a key set may be.
func readKeySet(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxKeySet+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxKeySet {
		return nil, fmt.Errorf("longer than %d bytes", MaxKeySet)
	}
	return data, nil
}
