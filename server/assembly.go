package server

import (
	"fmt"
	"slices"
	"time"

	"madang/internal/config"
)

// An Assembly is the list of what a server is made of.
type Assembly struct {
	Name  string // of the program, for messages; default "madang"
	Parts []Part
	Joins []Join
	// Token signs a token with the server's own secret, for people who try it and for scripts. Nil: it can't.
	Token func(*Settings, TokenRequest) (string, error)
	// EchoConfig reads the configuration file of a laravel-echo-server; env is the environment. Nil: it can't.
	EchoConfig func(file string, env []string) (*Layer, error)
	// Check finds what is wrong between the sections of several parts. It may also fill in what follows from another one.
	// Nil: there is nothing.
	Check func(*Settings) error
	// Comments explain the settings of parts; see the command internal/config/fielddocs.
	Comments string
}

// A TokenRequest says for whom a token shall be.
type TokenRequest struct {
	User    string // required
	Name    string
	App     string
	Expires time.Duration // 0: the signer's default
}

// check finds mistakes in the list itself.
func (a *Assembly) check() error {
	names := map[string]bool{}
	for i := range a.Parts {
		p := &a.Parts[i]
		if p.Role.rank() < 0 || p.open == nil {
			return fmt.Errorf("%v is no part; make it with a function such as server.DialectPart", p)
		}
		if names[p.String()] {
			return fmt.Errorf("%v is in the list twice", p)
		}
		names[p.String()] = true
	}
	return nil
}

// schema returns all settings and the sections of the parts, by their place in the list.
func (a *Assembly) schema(base *Config) (*config.Schema, []any, error) {
	if err := a.check(); err != nil {
		return nil, nil, fmt.Errorf("assembly: %w", err)
	}
	comments := config.ReadComments(ownComments + a.Comments)
	all := []config.Section{{Value: base}}
	sections := make([]any, len(a.Parts))
	for i, p := range a.Parts {
		sections[i] = p.section()
		all = append(all, config.Section{Key: p.key, Doc: p.doc, Value: sections[i]})
	}
	s, err := config.NewSchema(EnvPrefix, comments, all...)
	if err != nil {
		return nil, nil, fmt.Errorf("assembly: %w", err)
	}
	return s, sections, nil
}

// chosenStore returns the index of the store to open, or -1 if the list has none.
func (a *Assembly) chosenStore(c *Config) (int, error) {
	var names []string
	for i, p := range a.Parts {
		if p.Role != RoleStore {
			continue
		}
		if kind := c.StoreKind(); kind == "" || kind == p.Name {
			return i, nil
		}
		names = append(names, p.Name+":")
	}
	if c.Store.URL == "" {
		return -1, nil
	}
	if len(names) == 0 {
		return -1, fmt.Errorf("store.url: this program has no stores; remove the setting")
	}
	slices.Sort(names)
	return -1, fmt.Errorf("store.url: must begin with one of %v; there is no store %q", names, c.StoreKind())
}
