package standard_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestReliabilityIsTested looks for every test that docs/reliability.md names.
func TestReliabilityIsTested(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "docs", "reliability.md"))
	if err != nil {
		t.Fatal(err)
	}
	all := regexp.MustCompile("`([a-z0-9/]+)\\.(Test\\w+)`").FindAllStringSubmatch(string(text), -1)
	if len(all) < 30 {
		t.Errorf("the page names %d tests", len(all))
	}
	for _, m := range all {
		folder := m[1]
		if folder == "madang" {
			folder = "."
		}
		if !declared(t, filepath.Join(root, folder), m[2]) {
			t.Errorf("there is no %s in %s", m[2], m[1])
		}
	}
}

// declared reports whether a folder has a test of that name.
func declared(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if regexp.MustCompile(`(?m)^func ` + name + `\(t \*testing\.T\)`).Match(text) {
			return true
		}
	}
	return false
}
