package nodetest

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"madang/internal/child"
)

// Fixture builds the command in a folder, starts it and returns the ports that it prints when it is ready. It is told to
// end when the test does, and then has to end well.
func Fixture(t testing.TB, folder string, args ...string) (ports []string) {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "fixture")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "./"+folder)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", folder, err, out)
	}
	cmd := exec.Command(bin, args...) //nolint:noctx // a signal ends it
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = child.Bound()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Errorf("stop the fixture: %v", err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("the fixture has failed: %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	words := strings.Fields(line)
	if err != nil || len(words) < 2 || words[0] != "ready" {
		t.Fatalf("the fixture said %q, %v", line, err)
	}
	return words[1:]
}
