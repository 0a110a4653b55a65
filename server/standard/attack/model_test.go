//go:build unix

package attack

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../../.."

// TestPromisesAreTested looks for every test that docs/security-model.md names.
func TestPromisesAreTested(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "security-model.md"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]map[string]bool{}
	n := 0
	for _, m := range regexp.MustCompile("`([a-z0-9/]+)\\.((?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(string(text), -1) {
		n++
		if known[m[1]] == nil {
			known[m[1]] = testsOf(t, m[1])
		}
		if !known[m[1]][m[2]] {
			t.Errorf("there is no %s in %s", m[2], m[1])
		}
	}
	if n < 50 {
		t.Errorf("the page names %d tests", n)
	}
	for name := range testsOf(t, "server/standard/attack") {
		if !strings.Contains(string(text), "attack."+name+"`") && name != "TestPromisesAreTested" && name != "TestFilesSayWhy" {
			t.Errorf("the page does not say what %s is for", name)
		}
	}
}

// TestFilesSayWhy checks that there is a file for each class, which begins with what taught it.
func TestFilesSayWhy(t *testing.T) {
	files, err := filepath.Glob("[01][0-9]_*_test.go")
	if err != nil || len(files) != 15 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(string(b), "\npackage ")
		if !strings.Contains(head, "// Class ") || !strings.Contains(head, "Here ") || !regexp.MustCompile(`CVE-\d|GHSA-|GO-20|#\d`).MatchString(head) {
			t.Errorf("%s does not say what taught it, and what is done here", name)
		}
		for _, m := range regexp.MustCompile(`(?:account|store|mail|server)/[a-z/]+ ((?:Test|Fuzz)\w+)`).FindAllStringSubmatch(strings.ReplaceAll(head, "\n// ", " "), -1) {
			folder, _, _ := strings.Cut(m[0], " ")
			if !testsOf(t, folder)[m[1]] {
				t.Errorf("%s: there is no %s in %s", name, m[1], folder)
			}
		}
	}
}

// testsOf returns the names of a folder's tests.
func testsOf(t *testing.T, folder string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(folder), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") || ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Fuzz") {
				all[f.Name.Name] = true
			}
		}
	}
	return all
}
