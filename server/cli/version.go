package cli

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is the command that says what this binary is.
type version struct {
	JSON bool `help:"For programs."`
}

// A build is what is known about a binary.
type build struct {
	Name     string `json:"name"`
	Version  string `json:"version"` // "(devel)" if it was built from a folder without a tag
	Commit   string `json:"commit,omitempty"`
	Time     string `json:"time,omitempty"` // of the commit
	Modified bool   `json:"modified"`       // there were changes beside the commit
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// Run prints.
func (v *version) Run(c *Context) error {
	b := thisBuild(c.Assembly.Name)
	if v.JSON {
		return json.NewEncoder(c.Stdout).Encode(b)
	}
	commit := b.Commit
	if commit == "" {
		commit = "unknown"
	}
	if b.Modified {
		commit += ", modified"
	}
	fmt.Fprintf(c.Stdout, "%s %s (commit %s, %s, %s)\n", b.Name, b.Version, commit, b.Go, b.Platform)
	return nil
}

func thisBuild(name string) build {
	b := build{Name: name, Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}
