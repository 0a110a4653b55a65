// Package terminal reads what must not be seen on a screen.
package terminal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// ErrNoTerminal says that nobody sits there.
var ErrNoTerminal = errors.New("it is not a terminal")

// maxLine is the longest line that is read, in bytes.
const maxLine = 4096

// Is reports whether somebody sits at r.
func Is(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && isTerminal(f)
}

// Ask shows a question on w and reads the answer from the terminal r without showing it. When ctx ends, what is typed can be
// seen again, and the answer is its error.
func Ask(ctx context.Context, r io.Reader, w io.Writer, question string) (string, error) {
	f, ok := r.(*os.File)
	if !ok || !isTerminal(f) {
		return "", ErrNoTerminal
	}
	restore, err := hide(f)
	if err != nil {
		return "", err
	}
	fmt.Fprint(w, question)
	type answer struct {
		line string
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		line, err := Line(f)
		done <- answer{line, err}
	}()
	var a answer
	select {
	case a = <-done:
	case <-ctx.Done():
		a.err = ctx.Err()
	}
	fmt.Fprintln(w)
	return a.line, errors.Join(a.err, restore())
}

// Line reads one line, without its end. What follows it is lost.
func Line(r io.Reader) (string, error) {
	in := bufio.NewReaderSize(io.LimitReader(r, maxLine+1), maxLine+1)
	line, err := in.ReadString('\n')
	if err != nil && (!errors.Is(err, io.EOF) || line == "") {
		return "", err
	}
	if len(line) > maxLine {
		return "", fmt.Errorf("the line has more than %d bytes", maxLine)
	}
	return strings.TrimRight(line, "\r\n"), nil
}
