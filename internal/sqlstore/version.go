package sqlstore

import (
	"fmt"
	"io/fs"
	"slices"
)

// A Version says which migrations a database has had. They are files named 0001_what.sql, 0002_what.sql, …, each applied once,
// in that order, in a transaction of its own.
type Version struct {
	Applied, Pending []string
}

// Migrations returns the names of the files in their order.
func Migrations(files fs.FS) ([]string, error) {
	names, err := fs.Glob(files, "*.sql")
	slices.Sort(names)
	return names, err
}

// VersionAt returns the Version of a database that has had n of the migrations. It fails if that is more than there are: a newer
// program has changed the database, and this one does not know how.
func VersionAt(names []string, n int) (Version, error) {
	if n > len(names) {
		return Version{}, fmt.Errorf("the database has version %d, this program knows only up to %d: "+
			"use the newer program that changed it, or restore a backup from before", n, len(names))
	}
	return Version{Applied: names[:n], Pending: names[n:]}, nil
}
