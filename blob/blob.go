// Package blob is where files are kept that people give: photos, for one. blob/dir keeps them in a folder; [Memory] in memory,
// for development and tests. blob/blobtest is the suite that every Store must pass.
package blob

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"strings"
)

// A Store keeps objects by their keys. It is safe for concurrent use, also by several processes. What a method reported as
// done is seen by every later call and survives the death of the process.
type Store interface {
	// Put keeps an object in place of what has the key. Whoever gets it sees the one or the other, never parts of both.
	// ErrInvalid: the key or the object can never be kept.
	Put(ctx context.Context, key string, o Object) error
	// Get returns the object of a key, whose data is the caller's own. ErrNotFound: there is none.
	Get(ctx context.Context, key string) (Object, error)
	// Delete removes the object of a key. It is no error if there is none.
	Delete(ctx context.Context, key string) error
}

// An Object is a file and what kind of file it is.
type Object struct {
	Type string // a media type, such as image/jpeg
	Data []byte
}

// Errors, to be asked for with errors.Is.
var (
	ErrNotFound = errors.New("blob: there is no such object")
	ErrInvalid  = errors.New("blob: it cannot be kept")
)

// Bounds of what is kept.
const (
	MaxSize     = 8 << 20 // bytes of an object's data
	MaxKey      = 255     // bytes of a key
	MaxSegment  = 100     // bytes of a key between two slashes
	MaxSegments = 4
	MaxType     = 100 // bytes of an object's type
)

// ValidKey reports, as ErrInvalid, what is no key. A key has up to MaxSegments segments with slashes between them, of small
// letters, digits, dots, underscores and hyphens, that begin and end with a letter or digit. So that keys are told apart, and
// mean the same, on every file system and in every URL.
func ValidKey(key string) error {
	segments := strings.Split(key, "/")
	if len(key) > MaxKey || len(segments) > MaxSegments {
		return fmt.Errorf("key %.300q: more than %d bytes or %d segments: %w", key, MaxKey, MaxSegments, ErrInvalid)
	}
	for _, s := range segments {
		if s == "" || len(s) > MaxSegment || !plain(s[0]) || !plain(s[len(s)-1]) {
			return fmt.Errorf("key %q: a segment is empty, has more than %d bytes, or begins or ends with neither letter nor digit: %w", key, MaxSegment, ErrInvalid)
		}
		for i := range len(s) {
			if !plain(s[i]) && s[i] != '.' && s[i] != '_' && s[i] != '-' {
				return fmt.Errorf("key %q: %q is not allowed: %w", key, s[i], ErrInvalid)
			}
		}
	}
	return nil
}

func plain(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }

// Validate reports, as ErrInvalid, what no Store may accept.
func (o Object) Validate() error {
	if len(o.Data) > MaxSize {
		return fmt.Errorf("an object of %d bytes, at most %d are allowed: %w", len(o.Data), MaxSize, ErrInvalid)
	}
	if _, _, err := mime.ParseMediaType(o.Type); err != nil || len(o.Type) > MaxType || strings.ContainsAny(o.Type, "\r\n") {
		return fmt.Errorf("the type %.200q is no media type of at most %d bytes: %w", o.Type, MaxType, ErrInvalid)
	}
	return nil
}

// Valid reports, as ErrInvalid, what Put may not accept.
func Valid(key string, o Object) error {
	if err := ValidKey(key); err != nil {
		return err
	}
	return o.Validate()
}
