package clustertest

import (
	"os"
	"os/exec"
	"path/filepath"
)

// Build builds the program and returns its path. Packages with several tests build it once, in TestMain.
func Build(t T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "madang")
	build := exec.Command("go", "build", "-o", path, "madang/cmd/madang") //nolint:noctx // it ends by itself
	build.Env = append(os.Environ(), "CGO_ENABLED=0")                     // as it is released
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	return path
}
