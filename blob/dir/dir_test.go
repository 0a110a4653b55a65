package dir_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"madang/blob"
	"madang/blob/blobtest"
	"madang/blob/dir"
)

func open(t *testing.T, folder string) *dir.Store {
	t.Helper()
	s, err := dir.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestDir(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blob.Store { return open(t, filepath.Join(t.TempDir(), "new", "blobs")) })
}

// object is one that can be kept.
func object() blob.Object { return blob.Object{Type: "image/png", Data: []byte("x")} }

// begun returns what lies in tmp.
func begun(t *testing.T, folder string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(filepath.Join(folder, "tmp"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

// Another store of the same folder has what this one kept, and nothing is left over.
func TestAgain(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	if err := s.Put(t.Context(), "photos/kim", object()); err != nil {
		t.Fatal(err)
	}
	got, err := open(t, folder).Get(t.Context(), "photos/kim")
	if err != nil || string(got.Data) != "x" {
		t.Errorf("%+v, %v", got, err)
	}
	if names := begun(t, folder); len(names) > 0 {
		t.Errorf("left in tmp: %v", names)
	}
	info, err := os.Stat(filepath.Join(folder, "d-photos", "f-kim"))
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the file is %v, %v: others may read it", info.Mode(), err)
	}
}

// A Put that fails leaves what was there, and nothing half written.
func TestPutFails(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	if err := os.MkdirAll(filepath.Join(folder, "f-a", "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), "a", object()); err == nil {
		t.Error("put succeeded where a folder is in the way")
	}
	if _, err := s.Get(t.Context(), "a"); err == nil {
		t.Error("got a folder")
	}
	if names := begun(t, folder); len(names) > 0 {
		t.Errorf("left in tmp: %v", names)
	}
}

// What was half written when the process died goes; what another process is writing stays.
func TestClean(t *testing.T) {
	folder := t.TempDir()
	open(t, folder)
	for name, age := range map[string]time.Duration{"old": 2 * time.Hour, "new": time.Minute} {
		file := filepath.Join(folder, "tmp", name)
		at := time.Now().Add(-age)
		if err := errors.Join(os.WriteFile(file, []byte("half"), 0o600), os.Chtimes(file, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	open(t, folder)
	if names := begun(t, folder); strings.Join(names, " ") != "new" {
		t.Errorf("left in tmp: %v, want new alone", names)
	}
}

// No link leads out of the folder, neither to read nor to write nor to delete.
func TestLinks(t *testing.T) {
	outside, folder := t.TempDir(), t.TempDir()
	secret := filepath.Join(outside, "f-secret")
	if err := os.WriteFile(secret, []byte("image/png\nsecret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Symlink(outside, filepath.Join(folder, "d-out")), os.Symlink(secret, filepath.Join(folder, "f-link"))); err != nil {
		t.Fatal(err)
	}
	s := open(t, folder)
	for _, key := range []string{"out/secret", "link"} {
		if o, err := s.Get(t.Context(), key); err == nil {
			t.Errorf("got %s: %+v", key, o)
		}
	}
	if err := s.Put(t.Context(), "out/new", object()); err == nil {
		t.Error("put outside of the folder")
	}
	if err := s.Delete(t.Context(), "out/secret"); err == nil {
		t.Error("deleted outside of the folder")
	}
	if err := s.Put(t.Context(), "link", object()); err != nil { // takes the link's place
		t.Error(err)
	}
	all, err := os.ReadDir(outside)
	if err != nil || len(all) != 1 {
		t.Errorf("outside are %v, %v", all, err)
	}
	if b, err := os.ReadFile(secret); err != nil || string(b) != "image/png\nsecret" {
		t.Errorf("the secret is %q, %v", b, err)
	}
}

// Files that are not the store's are not taken for objects.
func TestForeign(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	for key, text := range map[string]string{"empty": "", "line": "image/png", "type": "no type\nx", "long": "image/png\n" + strings.Repeat("x", blob.MaxSize+1)} {
		if err := os.WriteFile(filepath.Join(folder, "f-"+key), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Get(t.Context(), key); err == nil || errors.Is(err, blob.ErrNotFound) {
			t.Errorf("%s: %v", key, err)
		}
	}
}
