package server

import (
	"cmp"
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
)

// memoryShare is how much of a container's memory the Go runtime should aim to stay below; the rest is for what it does
// not count.
const memoryShare = 0.9

const (
	// budgetShare is how much of what the runtime may use clients can take, if nothing else is set: the rest is for what they
	// do not decide, such as histories, handlers at work, and what the collector has not found yet.
	budgetShare = 0.5
	// budgetAlone is the budget in bytes where nothing limits the runtime.
	budgetAlone = 512 << 20
)

// memoryBudget returns what clients can make the hub hold: what is set, or else a share of the runtime's limit.
func memoryBudget(set, runtime int64) int64 {
	if runtime == math.MaxInt64 {
		return cmp.Or(set, budgetAlone)
	}
	return cmp.Or(set, max(1, int64(float64(runtime)*budgetShare)))
}

// MemoryLimit returns how many bytes of memory the runtime should use in the container in which this process runs,
// according to its control groups, or 0 if nothing limits it. The runtime respects a container's CPU limit by itself, but
// not that of its memory. root is the root of the file system.
func MemoryLimit(root fs.FS) int64 {
	least := int64(math.MaxInt64)
	for _, file := range memoryFiles(root) {
		b, err := fs.ReadFile(root, file)
		if err != nil {
			continue
		}
		// "max" in version 2; version 1 has a number near 2^63 instead.
		if n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64); err == nil && n > 0 && n < 1<<60 {
			least = min(least, n)
		}
	}
	if least == math.MaxInt64 {
		return 0
	}
	return int64(float64(least) * memoryShare)
}

// memoryFiles lists where a limit may stand: in the process's own group and in those above it. A container sees its own
// group as the root, so that is always among them.
func memoryFiles(root fs.FS) []string {
	const v1, v2 = "sys/fs/cgroup/memory", "sys/fs/cgroup"
	files := []string{path.Join(v2, "memory.max"), path.Join(v1, "memory.limit_in_bytes")}
	b, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return files
	}
	for line := range strings.Lines(string(b)) {
		p := strings.SplitN(strings.TrimSpace(line), ":", 3) // hierarchy:controllers:path
		if len(p) != 3 {
			continue
		}
		for dir := path.Clean("/" + p[2]); dir != "/"; dir = path.Dir(dir) {
			switch {
			case p[1] == "":
				files = append(files, path.Join(v2, dir, "memory.max"))
			case p[1] == "memory":
				files = append(files, path.Join(v1, dir, "memory.limit_in_bytes"))
			}
		}
	}
	return files
}
