package nodetest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// outputTime is how long a process that a test has left behind may hold the test runner's output.
const outputTime = 5 * time.Second

// Install installs a folder's npm packages, as its lock file names them, if they are not there. No script of theirs runs.
func Install(t testing.TB, folder string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(folder, "node_modules")); err == nil {
		return
	}
	install := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = folder
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("the npm packages of %s cannot be installed: %v; install Node.js 20 or later and run npm ci there\n%s", folder, err, out)
	}
}

// Run installs a folder's packages and runs its tests, with settings added to the environment ("BASE_URL=http://…"). It
// fails if they fail or take longer than they may.
func Run(t testing.TB, folder string, atMost time.Duration, env ...string) {
	t.Helper()
	Script(t, folder, "test", atMost, env...)
}

// Script is like Run for a script of another name in package.json. It returns what the script says.
func Script(t testing.TB, folder, name string, atMost time.Duration, env ...string) string {
	t.Helper()
	Install(t, folder)
	ctx, done := context.WithTimeout(t.Context(), atMost)
	defer done()
	script := exec.CommandContext(ctx, "npm", "run", name)
	script.Dir, script.Env, script.WaitDelay = folder, append(os.Environ(), env...), outputTime
	out, err := script.CombinedOutput()
	if ctx.Err() != nil {
		t.Errorf("npm run %s in %s was ended after %v", name, folder, atMost)
	}
	if err != nil {
		t.Fatalf("npm run %s in %s: %v\n%s", name, folder, err, failures(string(out)))
	}
	return string(out)
}

// failures keeps of what the test runner says which tests failed, what it says about them, and the counts. If it does not
// say of any test that it failed, there is something else to read.
func failures(out string) string {
	var kept []string
	deep, failed := -1, false
	for line := range strings.Lines(out) {
		text := strings.TrimSpace(line)
		indent := len(line) - len(strings.TrimLeft(line, " "))
		switch {
		case strings.HasPrefix(text, "not ok"), strings.HasPrefix(text, "✖"):
			deep, failed = indent, true
		case indent <= deep:
			deep = -1
		}
		count := strings.HasPrefix(line, "# ") && !strings.HasPrefix(line, "# Subtest") || strings.HasPrefix(line, "ℹ ")
		if deep >= 0 || count {
			kept = append(kept, line)
		}
	}
	if !failed {
		return out
	}
	return strings.Join(kept, "")
}
