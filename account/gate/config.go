package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Config is what a Gate is made of.
type Config struct {
	// TTL is how long it is remembered what somebody may: 1s to 24h. It only matters for changes of which a node did not hear.
	TTL time.Duration `yaml:"ttl"`
	// Remembered is of how many people that is remembered at a time, at least.
	Remembered int `yaml:"remembered"`
	// Guards are those whose users are people of the account store. Somebody of another guard has no rights, whatever their id:
	// it may be another system's.
	Guards []string `yaml:"guards"`
	// Super are the roles that are allowed everything.
	Super []string `yaml:"super"`
	// Permissions are all that there are. Others can be given to nobody.
	Permissions []Permissions `yaml:"permissions"`
	// Roles are made when they are not there yet. Those that are there are left as they are.
	Roles []Role `yaml:"roles"`
	// Channels are opened to roles and permissions, and closed to everybody else.
	Channels []ChannelRule `yaml:"channels"`
	// Calls are procedures that are opened to roles and permissions, and closed to everybody else.
	Calls []CallRule `yaml:"calls"`
	// Hosts are opened to roles, and closed to everybody else.
	Hosts []HostRule `yaml:"hosts"`
}

// Permissions are those of one guard.
type Permissions struct {
	// Guard is whose users can have them.
	Guard string `yaml:"guard"`
	// Names are what they are called, such as create.templates.
	Names []string `yaml:"names"`
}

// A Role is one to begin with.
type Role struct {
	// Guard is whose users can have it.
	Guard string `yaml:"guard"`
	// Name is what it is called.
	Name string `yaml:"name"`
	// Permissions are what it allows.
	Permissions []string `yaml:"permissions"`
}

// Defaults has an administrator and a partner on the web, and permissions about templates.
func Defaults() Config {
	return Config{
		TTL: time.Minute, Remembered: 10_000, Guards: []string{"web", "api"}, Super: []string{"admin"},
		Permissions: []Permissions{{Guard: "web", Names: []string{"create.templates", "update.templates", "delete.templates", "approve.templates"}}},
		Roles: []Role{
			{Guard: "web", Name: "admin"},
			{Guard: "web", Name: "partner", Permissions: []string{"create.templates", "update.templates", "delete.templates"}},
		},
	}
}

// Bounds of what can be configured.
const (
	maxName       = 125 // bytes of a role's or permission's name, as in spatie's tables
	maxRemembered = 1_000_000
)

// Validate reports what is wrong, and how it must be.
func (c Config) Validate() error {
	switch {
	case c.TTL < time.Second || c.TTL > 24*time.Hour:
		return fmt.Errorf("gate: ttl: %v is not between 1s and 24h", c.TTL)
	case c.Remembered < 1 || c.Remembered > maxRemembered:
		return fmt.Errorf("gate: remembered: %d is not between 1 and %d", c.Remembered, maxRemembered)
	case slices.Contains(c.Guards, ""):
		return fmt.Errorf("gate: guards: a name is empty")
	case slices.Contains(c.Super, ""):
		return fmt.Errorf("gate: super: a name is empty")
	}
	if err := c.validateRoles(); err != nil {
		return err
	}
	for i, r := range c.Channels {
		if err := r.validate(c); err != nil {
			return fmt.Errorf("gate: channels[%d]: %w", i, err)
		}
	}
	for i, r := range c.Calls {
		if err := r.validate(c); err != nil {
			return fmt.Errorf("gate: calls[%d]: %w", i, err)
		}
	}
	for i, r := range c.Hosts {
		if err := r.validate(c); err != nil {
			return fmt.Errorf("gate: hosts[%d]: %w", i, err)
		}
		if slices.ContainsFunc(c.Hosts[:i], func(x HostRule) bool { return hostName(x.Host) == hostName(r.Host) }) {
			return fmt.Errorf("gate: hosts[%d]: %s is there already; name all roles of a host in one rule", i, r.Host)
		}
	}
	return nil
}

func (c Config) validateRoles() error {
	for i, p := range c.Permissions {
		if err := c.knowsGuard(p.Guard); err != nil {
			return fmt.Errorf("gate: permissions[%d]: %w", i, err)
		}
		for _, name := range p.Names {
			if !nameable(name) {
				return fmt.Errorf("gate: permissions[%d]: %q is no name: 1 to %d bytes without spaces around it", i, name, maxName)
			}
		}
	}
	for i, r := range c.Roles {
		if err := c.knowsGuard(r.Guard); err != nil {
			return fmt.Errorf("gate: roles[%d]: %w", i, err)
		}
		if !nameable(r.Name) {
			return fmt.Errorf("gate: roles[%d]: %q is no name: 1 to %d bytes without spaces around it", i, r.Name, maxName)
		}
		if err := c.knows(r.Guard, r.Permissions); err != nil {
			return fmt.Errorf("gate: roles[%d]: %w", i, err)
		}
	}
	return nil
}

// knowsGuard reports a guard whose users can have no rights.
func (c Config) knowsGuard(guard string) error {
	if !slices.Contains(c.Guards, guard) {
		return fmt.Errorf("the guard %q is not among guards: %s", guard, strings.Join(c.Guards, ", "))
	}
	return nil
}

// knows reports permissions that a guard does not have.
func (c Config) knows(guard string, permissions []string) error {
	all := c.names(guard)
	for _, p := range permissions {
		if !slices.Contains(all, p) {
			return fmt.Errorf("the permission %q of guard %q is not listed under permissions", p, guard)
		}
	}
	return nil
}

// names returns the permissions that a guard has.
func (c Config) names(guard string) []string {
	var all []string
	for _, p := range c.Permissions {
		if p.Guard == guard {
			all = append(all, p.Names...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// nameable reports whether something can be called so.
func nameable(name string) bool {
	return name != "" && len(name) <= maxName && strings.TrimSpace(name) == name && printable(name)
}
