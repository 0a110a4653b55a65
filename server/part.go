package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"madang"
)

// A Role says what a part is for, and with that when it is opened.
type Role string

// Roles, in the order in which they are opened. The hub is made after the guards.
const (
	RoleStore   Role = "store" // of all stores in the list, the one that store.url names is opened
	RoleLeaf    Role = "leaf"  // what features send and keep by: mail, files
	RoleBroker  Role = "broker"
	RoleGuard   Role = "guard"
	RoleFeature Role = "feature"
	RoleDialect Role = "dialect"
	RoleInlet   Role = "inlet"
	RoleWeb     Role = "web"
)

// rank orders roles.
func (r Role) rank() int {
	for i, role := range [...]Role{RoleStore, RoleLeaf, RoleBroker, RoleGuard, RoleFeature, RoleDialect, RoleInlet, RoleWeb} {
		if r == role {
			return i
		}
	}
	return -1
}

// afterHub reports whether parts of the role are opened when there is a hub.
func (r Role) afterHub() bool { return r.rank() > RoleGuard.rank() }

// A Part is one line of an [Assembly]. Make it with the function named as its role.
type Part struct {
	Role Role
	Name string

	key, doc string
	section  func() any // a pointer to new defaults
	open     func(context.Context, *Site, any) (any, error)
	derive   []func(*Config, any) error
	develop  []func(any, func() string) error
	inDev    []func(any) error
	routes   func(any) (map[string]http.Handler, error) // nil: as the part itself says
}

// String returns role and name for messages.
func (p *Part) String() string { return string(p.Role) + " " + p.Name }

// An Opener makes what a part is from its settings and from what is open before it. It returns [ErrOff] if the settings
// say that the part is not wanted. It must not serve anybody before Start.
type Opener[C, T any] func(context.Context, *Site, C) (T, error)

// ErrOff says that the configuration does not want a part: the server goes on without it.
var ErrOff = errors.New("part is off")

// NewPart makes a Part. The other functions are short for it and check at compile time what their role needs.
func NewPart[C, T any](role Role, name string, defaults func() C, open Opener[C, T], options ...Option) Part {
	p := Part{
		Role: role, Name: name, key: name,
		section: func() any { c := defaults(); return &c },
		open: func(ctx context.Context, s *Site, section any) (any, error) {
			x, err := open(ctx, s, *section.(*C))
			if err != nil {
				return nil, err
			}
			return x, nil
		},
	}
	for _, o := range options {
		o(&p)
	}
	return p
}

// StorePart makes a store of the name that begins store.url. The first in the list is the default.
func StorePart[C, T any](name string, defaults func() C, open Opener[C, T], options ...Option) Part {
	return NewPart(RoleStore, name, defaults, open, options...)
}

// LeafPart makes what features send and keep by.
func LeafPart[C, T any](name string, defaults func() C, open Opener[C, T], options ...Option) Part {
	return NewPart(RoleLeaf, name, defaults, open, options...)
}

// BrokerPart makes the broker; if it is a [madang.Presence] too, that also. There may be one that is not off.
func BrokerPart[C any, T madang.Broker](name string, defaults func() C, open Opener[C, T], options ...Option) Part {
	return NewPart(RoleBroker, name, defaults, open, options...)
}

// GuardPart makes the guard of a name: api, web, device or webhook. Its settings are under auth and the name, unless an
// option says otherwise.
func GuardPart[C any, T madang.Guard](name string, defaults func() C, open Opener[C, T], options ...Option) Part {
	return NewPart(RoleGuard, name, defaults, open, append([]Option{Section("auth." + name)}, options...)...)
}

// FeaturePart makes a feature: accounts, chat, devices.
func FeaturePart[C, T any](name string, defaults func() C, open Opener[C, T], options ...Option) Part {
	return NewPart(RoleFeature, name, defaults, open, options...)
}

// DialectPart makes a dialect.
func DialectPart[C, T any](name string, defaults func() C, open Opener[C, T], options ...Option) Part {
	return NewPart(RoleDialect, name, defaults, open, options...)
}

// InletPart makes an inlet.
func InletPart[C, T any](name string, defaults func() C, open Opener[C, T], options ...Option) Part {
	return NewPart(RoleInlet, name, defaults, open, options...)
}

// WebPart makes pages.
func WebPart[C, T any](name string, defaults func() C, open Opener[C, T], options ...Option) Part {
	return NewPart(RoleWeb, name, defaults, open, options...)
}

// NoConfig is the defaults of a part that has no settings.
func NoConfig() struct{} { return struct{}{} }

// OnHub makes an Opener of a function that needs the hub only.
func OnHub[C, T any](open func(*madang.Hub, C) (T, error)) Opener[C, T] {
	return func(_ context.Context, s *Site, c C) (T, error) { return open(s.Hub, c) }
}

// With makes an Opener of a function that needs the hub and another part, which is found by its type.
func With[N, C, T any](open func(*madang.Hub, N, C) (T, error)) Opener[C, T] {
	return func(_ context.Context, s *Site, c C) (T, error) {
		need, err := Find[N](s)
		if err != nil {
			var none T
			return none, err
		}
		return open(s.Hub, need, c)
	}
}

// An Option says more about a Part.
type Option func(*Part)

// Section sets the key of the part's settings, a path with dots. The default is its name.
func Section(key string) Option { return func(p *Part) { p.key = key } }

// Doc sets the sentence that opens the part's section of the reference.
func Doc(sentence string) Option { return func(p *Part) { p.doc = sentence } }

// RoutesOf says which HTTP requests the part answers, if it has no method Routes: see [Router]. T is the part's type.
func RoutesOf[T any](f func(T) map[string]http.Handler) Option {
	return func(p *Part) {
		p.routes = func(value any) (map[string]http.Handler, error) {
			x, ok := value.(T)
			if !ok {
				return nil, fmt.Errorf("%v: RoutesOf is for %T, but the part is a %T: a mistake in the assembly", p, *new(T), value)
			}
			return f(x), nil
		}
	}
}

// Derive sets settings that follow from those of the whole server, such as a file in its data directory. It runs after
// loading and before the settings are validated. C is the type of the part's settings.
func Derive[C any](f func(*Config, *C) error) Option {
	return func(p *Part) {
		p.derive = append(p.derive, func(base *Config, section any) error {
			c, ok := section.(*C)
			if !ok {
				return fmt.Errorf("%v: Derive is for %T, but its settings are %T: a mistake in the assembly", p, c, section)
			}
			return f(base, c)
		})
	}
}

// Develop gives development mode a way to fill settings that have no default: f sets those that are empty, with texts
// from secret, of which each is new and cannot be guessed. What it set is kept in the data directory.
func Develop[C any](f func(c *C, secret func() string)) Option {
	return func(p *Part) {
		p.develop = append(p.develop, func(section any, secret func() string) error {
			c, ok := section.(*C)
			if !ok {
				return fmt.Errorf("%v: Develop is for %T, but its settings are %T: a mistake in the assembly", p, c, section)
			}
			f(c, secret)
			return nil
		})
	}
}

// InDevelopment gives a part other defaults in development mode. They are written down nowhere. It runs before what
// [Develop] says.
func InDevelopment[C any](f func(c *C)) Option {
	return func(p *Part) {
		p.inDev = append(p.inDev, func(section any) error {
			c, ok := section.(*C)
			if !ok {
				return fmt.Errorf("%v: InDevelopment is for %T, but its settings are %T: a mistake in the assembly", p, c, section)
			}
			f(c)
			return nil
		})
	}
}
