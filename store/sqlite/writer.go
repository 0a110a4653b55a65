package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"runtime"
)

// A writer does everybody's writing on one connection, many pieces in one commit.
type writer struct {
	tx       *tx
	maxBatch int
	// jobs is not buffered: a job is either still its sender's or surely answered.
	jobs    chan *job
	closing chan struct{}
	done    chan struct{}
	err     error // from closing the connection; read after done
}

// A job is one piece of work and where its answer goes.
type job struct {
	do     func(*tx) error
	err    error
	answer chan error // holds one
}

func startWriter(conn *sql.Conn, maxBatch int) *writer {
	w := &writer{
		tx:       &tx{conn: conn, statements: make(map[string]*sql.Stmt)},
		maxBatch: maxBatch,
		jobs:     make(chan *job),
		closing:  make(chan struct{}),
		done:     make(chan struct{}),
	}
	go w.run()
	return w
}

// do has f run within a transaction and returns when that is committed or f is undone. The context counts until the
// writer has taken the job; from then on there is an answer soon, and giving up would only leave the outcome unknown.
func (w *writer) do(ctx context.Context, f func(*tx) error) error {
	j := &job{do: f, answer: make(chan error, 1)}
	select {
	case w.jobs <- j:
		return <-j.answer
	case <-w.closing:
		return os.ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// close waits for the running batch, refuses what waits, and closes the connection. It is called once.
func (w *writer) close() error {
	close(w.closing)
	<-w.done
	return w.err
}

func (w *writer) run() {
	defer close(w.done)
	batch := make([]*job, 0, w.maxBatch)
	for {
		select {
		case j := <-w.jobs:
			batch = w.collect(append(batch[:0], j))
			w.commit(batch)
			clear(batch) // keep nobody's data alive while idle
		case <-w.closing:
			w.err = w.tx.close()
			return
		}
	}
}

// collect adds the jobs that are waiting. It first lets other goroutines run, so that the senders answered after the last
// commit come along with their next job instead of starting a commit for the first of them.
func (w *writer) collect(batch []*job) []*job {
	runtime.Gosched()
	for len(batch) < w.maxBatch {
		select {
		case j := <-w.jobs:
			batch = append(batch, j)
		default:
			return batch
		}
	}
	return batch
}

// commit does a batch in one transaction and answers everyone.
func (w *writer) commit(batch []*job) {
	err := w.transact(batch)
	for _, j := range batch {
		if err != nil {
			j.answer <- err
		} else {
			j.answer <- j.err
		}
	}
}

// transact runs the batch and commits it. It returns an error if all of the batch has been undone; the error of a job
// undone alone is in the job.
func (w *writer) transact(batch []*job) (err error) {
	if err := w.tx.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			w.tx.abort()
		}
	}()
	for _, j := range batch {
		if err := w.savepoint(j); err != nil {
			return err
		}
	}
	return w.tx.exec("COMMIT")
}

// savepoint runs one job so that it can fail alone. It returns an error if the whole transaction is lost: on a full disk
// SQLite may have ended it by itself, and whatever followed would be committed piece by piece.
func (w *writer) savepoint(j *job) error {
	if err := w.tx.exec("SAVEPOINT job"); err != nil {
		return err
	}
	if j.err = j.do(w.tx); j.err != nil {
		if err := w.tx.exec("ROLLBACK TO job"); err != nil {
			return fmt.Errorf("transaction lost: %w", errors.Join(j.err, err))
		}
	}
	return w.tx.exec("RELEASE job")
}
