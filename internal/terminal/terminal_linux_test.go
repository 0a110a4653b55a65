package terminal

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// pair returns the two ends of a terminal: where a person types, and where a program reads.
func pair(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = person.Close() })
	fd := int(person.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = program.Close() })
	return person, program
}

func shows(t *testing.T, f *os.File) bool {
	t.Helper()
	mode, err := unix.IoctlGetTermios(int(f.Fd()), getMode)
	if err != nil {
		t.Fatal(err)
	}
	return mode.Lflag&unix.ECHO != 0
}

// TestAsk checks that what is typed is read and not shown, and that the terminal is afterwards as it was.
func TestAsk(t *testing.T) {
	person, program := pair(t)
	if !Is(program) || Is(strings.NewReader("")) {
		t.Error("a terminal is not told from what is none")
	}
	asked := make(chan struct{})
	go func() {
		line, _ := bufio.NewReader(person).ReadString('\n')
		if strings.Contains(line, "horse") {
			t.Errorf("shown: %q", line)
		}
	}()
	out := &signal{begun: asked}
	go func() {
		<-asked
		_, _ = person.WriteString("correct horse\n")
	}()
	got, err := Ask(t.Context(), program, out, "Password: ")
	if err != nil || got != "correct horse" || out.String() != "Password: \n" {
		t.Errorf("%q %v, asked %q", got, err, out.String())
	}
	if !shows(t, program) {
		t.Error("the terminal does not show what is typed any more")
	}
}

// signal is a buffer that says when something was written to it.
type signal struct {
	bytes.Buffer
	begun chan struct{}
}

func (s *signal) Write(b []byte) (int, error) {
	n, err := s.Buffer.Write(b)
	if s.begun != nil {
		close(s.begun)
		s.begun = nil
	}
	return n, err
}

func TestAskIsInterrupted(t *testing.T) {
	_, program := pair(t)
	ctx, stop := context.WithCancel(t.Context())
	asked := make(chan struct{})
	go func() { <-asked; stop() }()
	if _, err := Ask(ctx, program, &signal{begun: asked}, "Password: "); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if !shows(t, program) {
		t.Error("the terminal does not show what is typed any more")
	}
}

func TestLine(t *testing.T) {
	for in, want := range map[string]string{"one\ntwo\n": "one", "one\r\n": "one", "one": "one", "\n": ""} {
		if got, err := Line(strings.NewReader(in)); got != want || err != nil {
			t.Errorf("%q: %q %v", in, got, err)
		}
	}
	for _, in := range []string{"", strings.Repeat("x", maxLine+1)} {
		if got, err := Line(strings.NewReader(in)); err == nil {
			t.Errorf("%.10q: %.10q", in, got)
		}
	}
	if _, err := Ask(t.Context(), strings.NewReader("x"), &bytes.Buffer{}, ""); !errors.Is(err, ErrNoTerminal) {
		t.Error(err)
	}
}
