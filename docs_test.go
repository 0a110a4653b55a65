package madang_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pages returns the repository's documents with their texts.
func pages(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (d.Name() == "node_modules" || d.Name() == "dist" || strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".md":
			return nil
		}
		b, err := os.ReadFile(name)
		all[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestDocsLinks follows every relative link to its file and heading.
func TestDocsLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	all := pages(t)
	for name, text := range all {
		for _, m := range link.FindAllStringSubmatch(prose(text), -1) {
			target := m[1]
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			file, anchor, _ := strings.Cut(target, "#")
			full := name
			if file != "" {
				full = path.Join(path.Dir(name), file)
			}
			if _, err := os.Stat(filepath.FromSlash(full)); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", name, target)
			} else if anchor != "" && !slices.Contains(anchors(all[full]), anchor) {
				t.Errorf("%s: %s has no heading %s", name, full, anchor)
			}
		}
	}
}

// prose leaves out what stands between fences.
func prose(text string) string {
	parts := strings.Split(text, "\n```")
	var b strings.Builder
	for i := 0; i < len(parts); i += 2 {
		b.WriteString(parts[i])
	}
	return b.String()
}

// anchors returns the names by which links reach a page's headings.
func anchors(text string) []string {
	var names []string
	drop := regexp.MustCompile(`[^\p{L}\p{N}\- _]`)
	for line := range strings.Lines(prose(text)) {
		if title := strings.TrimLeft(line, "#"); title != line && strings.HasPrefix(title, " ") {
			name := drop.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
			names = append(names, strings.ReplaceAll(name, " ", "-"))
		}
	}
	return names
}

// TestDocsCommands holds the documents to what there is: targets of make, programs for go run, and decisions by number.
func TestDocsCommands(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, m := range regexp.MustCompile(`(?m)^([a-z]+):`).FindAllStringSubmatch(string(makefile), -1) {
		targets = append(targets, m[1])
	}
	makes := regexp.MustCompile("(?m)(?:`|^    |^)make ([a-z]+)")
	runs := regexp.MustCompile(`go (?:run|test|build)(?: -[^\s]+(?: Fuzz\w+| interop)?)* (\./[^\s` + "`" + `]+)`)
	for name, text := range pages(t) {
		for _, m := range makes.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(targets, m[1]) {
				t.Errorf("%s: there is no make %s", name, m[1])
			}
		}
		for _, m := range runs.FindAllStringSubmatch(text, -1) {
			folder := strings.TrimSuffix(strings.TrimRight(m[1], ".,)"), "/")
			if _, err := os.Stat(filepath.FromSlash(folder)); err != nil {
				t.Errorf("%s: go has no %s to run", name, m[1])
			}
		}
	}
}

// TestDecisionsAreNumbered makes sure that each number is there once, and the page's title has it.
func TestDecisionsAreNumbered(t *testing.T) {
	files, err := filepath.Glob("docs/decisions/*.md")
	if err != nil || len(files) == 0 {
		t.Fatal("no decisions", err)
	}
	slices.Sort(files)
	for i, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		number, _, _ := strings.Cut(filepath.Base(f), "-")
		title := regexp.MustCompile(`^# (\d+)\. `).FindSubmatch(b)
		if title == nil || strings.Repeat("0", 4-len(title[1]))+string(title[1]) != number {
			t.Errorf("%s: its title does not begin with its number", f)
		}
		if i > 0 && strings.HasPrefix(filepath.Base(files[i-1]), number) {
			t.Errorf("%s and %s have one number", files[i-1], f)
		}
		for _, part := range []string{"**Found.**", "**Decided.**", "**Costs.**"} {
			if !strings.Contains(string(b), part) {
				t.Errorf("%s: says nothing under %s", f, part)
			}
		}
	}
}
