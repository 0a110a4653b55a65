package cli

import (
	"os"
	"path/filepath"
)

// replaceFile gives a file a new content, as a whole or not at all, and leaves its mode. A file that is a link stays one,
// and one that cannot be replaced, because it is mounted into a container by itself, is written in place.
func replaceFile(name string, content []byte) error {
	path, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return os.WriteFile(path, content, info.Mode()) //nolint:gosec // the file that the user names
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Chmod(info.Mode())
	}
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())                         // best effort: what counts is the file itself
		return os.WriteFile(path, content, info.Mode()) //nolint:gosec // likewise
	}
	return nil
}
