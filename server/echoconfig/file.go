package echoconfig

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ReadFile reads a configuration file, the .env beside it (or, if there is none, in the working directory), and the
// environment. For the errors see [Read].
func ReadFile(name string, env []string) (*Config, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read the configuration of laravel-echo-server: %w", err)
	}
	dotEnv, err := readDotEnv(filepath.Dir(name), ".")
	if err != nil {
		return nil, err
	}
	return Read(Source{Name: filepath.Base(name), File: b, Env: env, DotEnv: dotEnv})
}

// readDotEnv returns the first .env of the folders, or nil.
func readDotEnv(folders ...string) ([]byte, error) {
	for _, dir := range folders {
		b, err := os.ReadFile(filepath.Join(dir, ".env"))
		switch {
		case err == nil:
			return b, nil
		case !errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("read the .env of laravel-echo-server: %w; make it readable or remove it", err)
		}
	}
	return nil, nil
}
