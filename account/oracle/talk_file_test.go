package oracle_test

import (
	"os"
	"testing"
)

// TestFiles checks that the conversations are written as they are read: nothing in them is passed over.
func TestFiles(t *testing.T) {
	for _, name := range talks(t) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := open(t, name).String(); got != string(b) {
			t.Errorf("%s is read as\n%s", name, got)
		}
	}
}
