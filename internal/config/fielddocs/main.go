// Command fielddocs writes the comments of struct fields to its standard output, for programs to embed as the reference
// of their settings. Each argument is a folder of the module whose go.mod is in the folder -root:
//
//	go run madang/internal/config/fielddocs -root ../.. chat store/sqlite > fields.txt
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"madang/internal/config"
)

func main() {
	root := flag.String("root", ".", "folder with go.mod")
	flag.Parse()
	if err := run(os.Stdout, *root, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "fielddocs:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, root string, folders []string) error {
	module, err := modulePath(filepath.Join(root, "go.mod"))
	if err != nil {
		return err
	}
	comments := config.Comments{}
	for _, f := range folders {
		if err := comments.AddPackage(path.Join(module, f), filepath.Join(root, filepath.FromSlash(f))); err != nil {
			return err
		}
	}
	return comments.Write(w)
}

func modulePath(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("find the module: %w; set -root", err)
	}
	for line := range bytes.Lines(b) {
		if rest, ok := bytes.CutPrefix(line, []byte("module ")); ok {
			return string(bytes.TrimSpace(rest)), nil
		}
	}
	return "", errors.New(file + " has no line that begins with module")
}
