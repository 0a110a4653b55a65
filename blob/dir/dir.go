// Package dir keeps blobs in a folder.
//
// The object of the key "photos/ab/kim" is the file d-photos/d-ab/f-kim: so a key and the beginning of a longer one do not
// get into each other's way, and no name means something to the file system. A file's first line is the object's type, the
// rest its data. It is written under another name in the folder tmp, brought to the disk, and renamed: nobody ever sees half
// of it, not even after the power failed. No name and no symbolic link leads out of the folder.
package dir

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"strings"
	"time"

	"madang/blob"
)

// tmp is where files are written before they have their names.
const tmp = "tmp"

// abandoned is how old a file must be in tmp that nobody is writing any more.
const abandoned = time.Hour

// A Store is a folder. Several processes may use the same.
type Store struct{ root *os.Root }

var _ blob.Store = (*Store)(nil)

// Open opens a folder, and makes it if it is not there. What was left half written there an hour ago is removed.
func Open(folder string) (*Store, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("blob/dir: make the folder: %w", err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("blob/dir: open the folder: %w", err)
	}
	s := &Store{root}
	if err := s.clean(time.Now().Add(-abandoned)); err != nil {
		return nil, errors.Join(fmt.Errorf("blob/dir: clean %s: %w", path.Join(folder, tmp), err), root.Close())
	}
	return s, nil
}

// Close lets go of the folder.
func (s *Store) Close() error { return s.root.Close() }

// clean removes what was begun before a time and has not been finished.
func (s *Store) clean(before time.Time) error {
	if err := s.root.MkdirAll(tmp, 0o700); err != nil {
		return err
	}
	all, err := fs.ReadDir(s.root.FS(), tmp)
	if err != nil {
		return err
	}
	for _, e := range all {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.ModTime().Before(before) {
			continue
		}
		if err == nil {
			err = s.root.Remove(path.Join(tmp, e.Name()))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// place returns the file of a key.
func place(key string) string {
	segments := strings.Split(key, "/")
	for i := range segments {
		segments[i] = "d-" + segments[i]
	}
	last := len(segments) - 1
	segments[last] = "f-" + segments[last][2:]
	return path.Join(segments...)
}

// Put implements blob.Store.
func (s *Store) Put(ctx context.Context, key string, o blob.Object) error {
	err := blob.Valid(key, o)
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = s.put(place(key), o)
	}
	if err != nil {
		return fmt.Errorf("blob/dir: put: %w", err)
	}
	return nil
}

func (s *Store) put(name string, o blob.Object) (err error) {
	begun := path.Join(tmp, rand.Text())
	defer func() {
		if err != nil {
			_ = s.root.Remove(begun) // if it cannot be, it goes when the folder is opened again
		}
	}()
	if err := s.write(begun, o); err != nil {
		return err
	}
	if err := s.root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return err
	}
	if err := s.root.Rename(begun, name); err != nil {
		return err
	}
	return s.sync(path.Dir(name))
}

// write makes a file and brings it to the disk.
func (s *Store) write(name string, o blob.Object) error {
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, o.Type+"\n")
	if err == nil {
		_, err = f.Write(o.Data)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// sync brings the names in a folder to the disk, and those of the folders above it, which may be new. Windows does that by
// itself.
func (s *Store) sync(folder string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	for {
		f, err := s.root.Open(folder)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
		if folder == "." {
			return nil
		}
		folder = path.Dir(folder)
	}
}

// Get implements blob.Store.
func (s *Store) Get(ctx context.Context, key string) (blob.Object, error) {
	err := blob.ValidKey(key)
	if err == nil {
		err = ctx.Err()
	}
	var o blob.Object
	if err == nil {
		o, err = s.read(place(key))
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%s: %w", key, blob.ErrNotFound)
	}
	if err != nil {
		return blob.Object{}, fmt.Errorf("blob/dir: get: %w", err)
	}
	return o, nil
}

// read reads a file, which somebody else may have put there: a device or an endless file is none of ours.
func (s *Store) read(name string) (o blob.Object, err error) {
	info, err := s.root.Lstat(name)
	if err != nil {
		return o, err
	}
	if !info.Mode().IsRegular() {
		return o, fmt.Errorf("%s is no regular file", name)
	}
	f, err := s.root.Open(name)
	if err != nil {
		return o, err
	}
	const most = blob.MaxType + 1 + blob.MaxSize
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return o, err
	}
	kind, data, ok := bytes.Cut(b, []byte("\n"))
	o = blob.Object{Type: string(kind), Data: data}
	if !ok || len(b) > most || o.Validate() != nil {
		return blob.Object{}, fmt.Errorf("%s is no file of this store", name)
	}
	return o, nil
}

// Delete implements blob.Store.
func (s *Store) Delete(ctx context.Context, key string) error {
	err := blob.ValidKey(key)
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		name := place(key)
		if err = s.root.Remove(name); err == nil {
			err = s.sync(path.Dir(name))
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("blob/dir: delete: %w", err)
	}
	return nil
}
