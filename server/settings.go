package server

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"madang/internal/config"
)

//go:generate sh -c "go run madang/internal/config/fielddocs -root .. server > fields.txt"

//go:embed fields.txt
var ownComments string

const (
	// EnvPrefix begins the variable of every setting.
	EnvPrefix = "MADANG_"
	// EnvFile is the variable that names the configuration file.
	EnvFile = EnvPrefix + "CONFIG"
	// DefaultFile is read if no other file is named and it exists.
	DefaultFile = "madang.yaml"
)

// A Flag is a setting from the command line: the flag's name for messages, the key, the value.
type Flag = config.Flag

// A Source is where the settings come from.
type Source struct {
	File  string   // path; empty: from EnvFile, or DefaultFile if it exists
	Env   []string // as from os.Environ
	Over  *Layer   // nil: none
	Flags []Flag
}

// Settings are the configuration of a server and its parts.
type Settings struct {
	Config
	Dev      bool     // development mode: nothing has been configured
	File     string   // that was read; empty: none
	Warnings []string // for people: variables that are ignored, and the like

	schema   *config.Schema
	sections []any
	missing  []*config.Setting // what development mode has yet to write down
	unread   bool              // the sources could not be read, so that only Warnings mean something
}

// Load reads the settings. It changes nothing on disk. The error lists all that is wrong, one line each; if there are
// Settings with it, only their Warnings are of use.
func (a *Assembly) Load(src Source) (*Settings, error) {
	src.File = src.file()
	if src.File != "" {
		return a.load(src, src.File, false)
	}
	// The data directory has to be known before the secrets in it can be read.
	s, err := a.load(src, "", false)
	if s == nil || s.unread || src.Over == nil && !s.unconfigured() {
		return s, err
	}
	file := filepath.Join(s.DataDir, devFile)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		file = ""
	}
	return a.load(src, file, true)
}

func (src Source) file() string {
	if src.File != "" {
		return src.File
	}
	for _, pair := range src.Env {
		if name, ok := strings.CutPrefix(pair, EnvFile+"="); ok && name != "" {
			return name
		}
	}
	if _, err := os.Stat(DefaultFile); err == nil {
		return DefaultFile
	}
	return ""
}

// unconfigured reports whether nothing was set beside what only says where to run.
func (s *Settings) unconfigured() bool {
	harmless := []string{"listen", "data_dir", "log.level", "log.format"}
	for _, x := range s.schema.Settings() {
		if !x.FromDefault() && !slices.Contains(harmless, x.Key) {
			return false
		}
	}
	return true
}

// load reads one file, or none. It returns settings even with an error, for their warnings, and unless it could not read
// the sources also for what is valid. With generate
// they get the secrets that nobody has set; file is then where those are kept.
func (a *Assembly) load(src Source, file string, generate bool) (*Settings, error) {
	s := &Settings{Config: Defaults(), Dev: generate && src.Over == nil, File: file}
	var err error
	if s.schema, s.sections, err = a.schema(&s.Config); err != nil {
		return nil, err
	}
	in := config.Source{Name: file, Env: src.Env, Flags: src.Flags, Ignore: []string{EnvFile}, ReadFile: os.ReadFile}
	if file != "" {
		if in.File, err = os.ReadFile(file); err != nil {
			return nil, fmt.Errorf("read the configuration: %w; name another file with --config or %s", err, EnvFile)
		}
	}
	var odd []string
	if src.Over != nil {
		in.Over, odd = src.Over.values(a, s.schema)
		odd = append(slices.Clone(src.Over.Warnings), odd...)
	}
	warnings, err := s.schema.Load(in)
	if s.Warnings = append(odd, warnings...); err != nil {
		s.unread = true
		return s, err
	}
	if generate {
		if err := a.generate(s); err != nil {
			return nil, err
		}
	}
	if src.Over != nil {
		if generate {
			s.forgetApps()
		}
		if err := src.Over.addApps(s); err != nil {
			return nil, err
		}
	}
	return s, a.complete(s)
}

// complete derives what follows from other settings and validates all of them.
func (a *Assembly) complete(s *Settings) error {
	errs := []error{s.Config.Validate()}
	store, err := a.chosenStore(&s.Config)
	errs = append(errs, err, a.checkHosts(&s.Config))
	for i := range a.Parts {
		p := &a.Parts[i]
		if p.Role == RoleStore && i != store {
			continue
		}
		for _, f := range p.derive {
			errs = append(errs, f(&s.Config, s.sections[i]))
		}
		if v, ok := s.sections[i].(interface{ Validate() error }); ok {
			if err := v.Validate(); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", p.key, err))
			}
		}
	}
	if a.Check != nil {
		errs = append(errs, a.Check(s))
	}
	return errors.Join(errs...)
}

func (a *Assembly) checkHosts(c *Config) error {
	var errs []error
	var names []string
	for _, p := range a.Parts {
		names = append(names, p.Name)
	}
	for name, hosts := range c.Hosts {
		if !slices.Contains(names, name) {
			hint := ""
			if best := config.Nearest(name, names); best != "" {
				hint = "; did you mean " + best + "?"
			}
			errs = append(errs, fmt.Errorf("hosts: there is no part %q%s", name, hint))
		}
		for _, h := range hosts {
			if h == "" || strings.ContainsAny(h, ":/ {}") {
				errs = append(errs, fmt.Errorf("hosts.%s: %q is no host name; write it without scheme, port and path", name, h))
			}
		}
	}
	return errors.Join(errs...)
}

// SectionOf returns the settings of a part by their type.
func SectionOf[C any](s *Settings) (*C, error) {
	for _, x := range s.sections {
		if c, ok := x.(*C); ok {
			return c, nil
		}
	}
	return nil, fmt.Errorf("no part in this program has settings of type %T", *new(C))
}

// Show writes the settings in force as a configuration file, each with where it is from, without secrets.
func (s *Settings) Show(w io.Writer) error { return s.schema.Render(w, config.View{Origins: true}) }

// Reference gives what is written about all settings.
type Reference struct{ schema *config.Schema }

// Reference returns the reference of the assembly's settings, which needs no configuration.
func (a *Assembly) Reference() (*Reference, error) {
	base := Defaults()
	s, _, err := a.schema(&base)
	if err != nil {
		return nil, err
	}
	return &Reference{schema: s}, nil
}

// WriteEnv lists all environment variables with type, default and meaning.
func (r *Reference) WriteEnv(w io.Writer) error { return r.schema.WriteEnv(w) }

// WriteMarkdown writes the reference of all settings as Markdown.
func (r *Reference) WriteMarkdown(w io.Writer) error { return r.schema.WriteMarkdown(w) }

// Undocumented returns the keys that no comment or tag explains.
func (r *Reference) Undocumented() []string {
	var keys []string
	for _, x := range r.schema.Settings() {
		if x.Doc == "" {
			keys = append(keys, x.Key)
		}
	}
	return keys
}
