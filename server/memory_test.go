package server_test

import (
	"math"
	"testing"
	"testing/fstest"

	"madang/server"
)

func TestMemoryLimit(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s + "\n")} }
	for name, c := range map[string]struct {
		files fstest.MapFS
		want  int64
	}{
		"none":      {fstest.MapFS{}, 0},
		"v2":        {fstest.MapFS{"sys/fs/cgroup/memory.max": file("1000")}, 900},
		"v2 max":    {fstest.MapFS{"sys/fs/cgroup/memory.max": file("max")}, 0},
		"v2 nested": {fstest.MapFS{"proc/self/cgroup": file("0::/a/b"), "sys/fs/cgroup/a/b/memory.max": file("max"), "sys/fs/cgroup/a/memory.max": file("500")}, 450},
		"v1":        {fstest.MapFS{"sys/fs/cgroup/memory/memory.limit_in_bytes": file("536870912")}, 483183820},
		"v1 none":   {fstest.MapFS{"sys/fs/cgroup/memory/memory.limit_in_bytes": file("9223372036854771712")}, 0},
		"v1 nested": {fstest.MapFS{
			"proc/self/cgroup":                                    file("9:memory:/docker/x\n8:cpu:/"),
			"sys/fs/cgroup/memory/memory.limit_in_bytes":          file("9223372036854771712"),
			"sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes": file("2000"),
		}, 1800},
		"junk": {fstest.MapFS{"proc/self/cgroup": file("x"), "sys/fs/cgroup/memory.max": file("-5")}, 0},
	} {
		if got := server.MemoryLimit(c.files); got != c.want {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
}

func TestMemoryBudget(t *testing.T) {
	for _, c := range []struct{ set, runtime, want int64 }{
		{0, math.MaxInt64, 512 << 20}, {0, 1000, 500}, {0, 1, 1}, {0, 0, 1}, {300, 1000, 300}, {300, math.MaxInt64, 300}, {-1, 1000, -1},
	} {
		if got := server.MemoryBudget(c.set, c.runtime); got != c.want {
			t.Errorf("%d of %d: got %d, want %d", c.set, c.runtime, got, c.want)
		}
	}
}
