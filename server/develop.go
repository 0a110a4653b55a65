package server

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"madang/internal/config"
)

// devFile is where development mode keeps its secrets, in the data directory. A server that runs with the configuration of
// another program keeps there those that the other one does not have.
const devFile = "development.yaml"

// generate fills what is needed and nobody has set. Nothing is written yet; Prepare does that.
func (a *Assembly) generate(s *Settings) error {
	if s.Dev {
		if err := a.inDevelopment(s); err != nil {
			return err
		}
	}
	before := s.shown()
	secret := func() string { return rand.Text() + rand.Text() }
	if s.Dev && len(s.Apps) == 0 {
		s.Apps = []App{{
			ID:   DefaultApp,
			Keys: []Key{{Name: "key-" + rand.Text()[:8], Secret: Secret(secret())}}, EchoKey: Secret(secret()),
		}}
	}
	for i, p := range a.Parts {
		for _, f := range p.develop {
			if err := f(s.sections[i], secret); err != nil {
				return err
			}
		}
	}
	for _, x := range s.schema.Settings() {
		if x.Shown() != before[x] {
			x.Origin = "generated"
			s.missing = append(s.missing, x)
		}
	}
	return nil
}

// inDevelopment sets what is otherwise in development mode.
func (a *Assembly) inDevelopment(s *Settings) error {
	before := s.shown()
	for i, p := range a.Parts {
		for _, f := range p.inDev {
			if err := f(s.sections[i]); err != nil {
				return err
			}
		}
	}
	for _, x := range s.schema.Settings() {
		if x.Shown() != before[x] {
			x.Origin = "development mode"
		}
	}
	// Nobody is to be waited for on a developer's machine.
	for key, field := range map[string]*time.Duration{"drain.grace": &s.Drain.Grace, "drain.spread": &s.Drain.Spread} {
		if x := s.schema.Setting(key); x.FromDefault() {
			*field, x.Origin = 0, "development mode"
		}
	}
	return nil
}

// shown returns all settings as they are shown.
func (s *Settings) shown() map[*config.Setting]string {
	all := map[*config.Setting]string{}
	for _, x := range s.schema.Settings() {
		all[x] = x.Shown()
	}
	return all
}

// Generated reports whether the settings hold secrets that have not been written down: they are new in each process
// until Prepare keeps them.
func (s *Settings) Generated() bool { return len(s.missing) > 0 }

// Prepare makes the data directory and writes down the secrets that were generated, readable for their owner only.
func (s *Settings) Prepare() error {
	if err := os.MkdirAll(s.DataDir, 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w; name another with --data-dir or %sDATA_DIR", err, EnvPrefix)
	}
	if len(s.missing) == 0 {
		return nil
	}
	var b bytes.Buffer
	b.WriteString("# Secrets made by the server. Delete this file to get new ones; write a madang.yaml with your own to do without it.\n")
	keep := func(x *config.Setting) bool {
		// What the file held before stays: a setting may be of a part that was there last time too.
		return slices.Contains(s.missing, x) || s.File != "" && bytes.HasPrefix([]byte(x.Origin), []byte(s.File+":"))
	}
	if err := s.schema.Render(&b, config.View{Reveal: true, Keep: keep}); err != nil {
		return err
	}
	path := filepath.Join(s.DataDir, devFile)
	if err := writePrivate(path, b.Bytes()); err != nil {
		return fmt.Errorf("keep the generated secrets: %w; the data directory must be writable, name another with --data-dir", err)
	}
	s.File, s.missing = path, nil
	return nil
}

// writePrivate writes a file as a whole or not at all, for its owner only.
func writePrivate(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // best effort: the first error is the one to tell
	}
	return err
}
