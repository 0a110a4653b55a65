package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// machine names what the numbers are of: processors and versions.
func machine() string {
	version := func(name string, args ...string) string {
		out, _ := exec.Command(name, args...).CombinedOutput() //nolint:noctx // without it there is no version
		return first(`[0-9]+\.[0-9]+(\.[0-9]+)?`, string(out))
	}
	info, _ := os.ReadFile("/proc/cpuinfo") // elsewhere there is none
	postgres := "postgres"
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres"); len(found) > 0 {
		postgres = slices.Max(found)
	}
	return fmt.Sprintf("%d × %s, %s; Redis %s, PostgreSQL %s, haproxy %s, Node.js %s, %s", runtime.NumCPU(),
		orUnknown(strings.TrimSpace(strings.TrimPrefix(first(`model name\s*:.*`, string(info)), "model name"))), runtime.GOOS,
		version("redis-server", "--version"), version(postgres, "--version"), version("haproxy", "-v"), version("node", "--version"), runtime.Version())
}

// first returns what a pattern finds first.
func first(pattern, text string) string {
	return orUnknown(regexp.MustCompile(pattern).FindString(text))
}

func orUnknown(text string) string {
	if text = strings.TrimSpace(strings.TrimPrefix(text, ":")); text == "" {
		return "unknown"
	}
	return text
}
