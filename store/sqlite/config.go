package sqlite

import (
	"errors"
	"fmt"
	"time"
)

// Sync says how hard a commit is pressed onto the disk before it is reported as done.
type Sync string

// The kinds of Sync. With both, what was reported as stored survives the death of the process, kill -9 included.
const (
	// SyncFull survives a power failure too: each commit waits for the disk. It is the default, because the group commit
	// shares that wait. On a busy virtual machine with 2 cores, where a wait took about 0.15 ms, 128 senders at once
	// stored some 12,000 messages a second with it and 13,000 with SyncNormal, less than the spread between runs; a
	// sender alone, who has nobody to share with, 2,300 and 6,300 (BenchmarkAppend). A slower disk makes a lone sender
	// slower, not the crowd: the longer a commit takes, the more join the next one.
	SyncFull Sync = "full"
	// SyncNormal may lose the last commits, never the database, when the power fails or the kernel dies.
	SyncNormal Sync = "normal"
)

// Config is what can be set about the store.
type Config struct {
	Path        string        // the database file; its folder is made if missing. No default.
	Sync        Sync          // default SyncFull
	Readers     int           // connections for reading; default 4
	MaxBatch    int           // pieces of work in one commit at most; default 256
	BusyTimeout time.Duration // how long to wait while another program, such as a backup, has the file locked; default 5 s
}

// Defaults returns the configuration for when only the path is known.
func Defaults() Config {
	return Config{Sync: SyncFull, Readers: 4, MaxBatch: 256, BusyTimeout: 5 * time.Second}
}

// Validate reports what cannot work.
func (c Config) Validate() error {
	var errs []error
	if c.Path == "" {
		errs = append(errs, errors.New("sqlite: path is empty, give the file to keep the data in"))
	}
	if c.Sync != SyncFull && c.Sync != SyncNormal {
		errs = append(errs, fmt.Errorf("sqlite: sync is %q, must be %q or %q", c.Sync, SyncFull, SyncNormal))
	}
	if c.Readers < 1 {
		errs = append(errs, fmt.Errorf("sqlite: readers is %d, must be at least 1", c.Readers))
	}
	if c.MaxBatch < 1 {
		errs = append(errs, fmt.Errorf("sqlite: max_batch is %d, must be at least 1", c.MaxBatch))
	}
	if c.BusyTimeout < 0 {
		errs = append(errs, fmt.Errorf("sqlite: busy_timeout is %v, must not be negative", c.BusyTimeout))
	}
	return errors.Join(errs...)
}
