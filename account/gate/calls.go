package gate

import (
	"context"
	"fmt"
	"slices"

	"madang"
)

// A CallRule opens procedures, such as the chat's createRoom, to those who have one of its roles, or may do one of its permissions. A
// procedure that a rule names is closed to everybody whom no rule lets in; what else somebody needs for it they still need.
type CallRule struct {
	// Calls are the names of procedures.
	Calls []string `yaml:"calls"`
	// Guard is whose users it is about; empty: any guard's.
	Guard string `yaml:"guard"`
	// Roles are some of which one is enough.
	Roles []string `yaml:"roles"`
	// Permissions are some of which one is enough.
	Permissions []string `yaml:"permissions"`
}

func (r CallRule) validate(c Config) error {
	if len(r.Calls) == 0 || slices.Contains(r.Calls, "") {
		return fmt.Errorf("a rule needs the names of calls")
	}
	return c.validateWho(r.Guard, r.Roles, r.Permissions)
}

// AdmitCall says whether a principal may call a procedure as far as the rules are concerned: nil if one lets them in, or none is
// about it. Otherwise the error wraps madang.ErrForbidden, or says what kept the store from answering. It is for interfaces
// that do by other means what a procedure does; calls on connections are asked for by Authorize.
func (g *Gate) AdmitCall(ctx context.Context, p *madang.Principal, name string) error {
	named := false
	for _, r := range g.config.Calls {
		if !slices.Contains(r.Calls, name) {
			continue
		}
		named = true
		if p == nil || r.Guard != "" && r.Guard != p.Guard {
			continue
		}
		if ok, err := g.hasSome(ctx, p, r.Roles, r.Permissions); ok || err != nil {
			return err
		}
	}
	if named {
		return fmt.Errorf("gate: no rule lets them call %s: %w", name, madang.ErrForbidden)
	}
	return nil
}
