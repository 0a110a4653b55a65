package report

import (
	"fmt"
	"os"
	"strings"
)

// The markers between which a document holds the report.
const (
	Begin = "<!-- bench:begin -->"
	End   = "<!-- bench:end -->"
)

// Rewrite puts text between the markers of the document at path. A document
// that does not exist is made, with a heading; one without the markers is left
// as it is and reported.
func Rewrite(path, text string) error {
	old, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		old, err = []byte("# Benchmarks\n\n"+Begin+"\n"+End+"\n"), nil
	}
	if err != nil {
		return fmt.Errorf("read the document: %w", err)
	}
	whole, err := replace(string(old), text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := os.WriteFile(path, []byte(whole), 0o644); err != nil {
		return fmt.Errorf("write the document: %w", err)
	}
	return nil
}

func replace(doc, text string) (string, error) {
	if strings.Count(doc, Begin) != 1 || strings.Count(doc, End) != 1 {
		return "", fmt.Errorf("the document needs one line %q and one line %q after it", Begin, End)
	}
	before, rest, _ := strings.Cut(doc, Begin)
	_, after, ok := strings.Cut(rest, End)
	if !ok {
		return "", fmt.Errorf("%q has to come before %q", Begin, End)
	}
	return before + Begin + "\n" + strings.Trim(text, "\n") + "\n" + End + after, nil
}
