package gate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"madang"
)

// every is the ability of a token that may do whatever its owner may.
const every = "*"

// Abilities returns what an API token lets its principal do; limited is false for principals who are signed in by something
// else, and may do what they have the rights for. A token never lets anybody do more than that.
func Abilities(p *madang.Principal) (all []string, limited bool) {
	if p == nil || len(p.Claims) == 0 {
		return nil, false
	}
	var claims struct {
		Abilities *json.RawMessage `json:"abilities"`
	}
	if json.Unmarshal(p.Claims, &claims) != nil || claims.Abilities == nil {
		return nil, false
	}
	if json.Unmarshal(*claims.Abilities, &all) != nil {
		all = nil // what cannot be read allows nothing
	}
	return all, true
}

// lets reports whether the principal's token, if it is limited by one, covers a permission: by the permission's name, or by the
// word that this begins with, such as create of create.templates.
func lets(p *madang.Principal, permission string) bool {
	all, limited := Abilities(p)
	verb, _, _ := strings.Cut(permission, ".")
	return !limited || slices.Contains(all, every) || slices.Contains(all, permission) || slices.Contains(all, verb)
}

// The abilities that Jetstream's tokens have.
const (
	create = "create"
	read   = "read"
	update = "update"
	remove = "delete"
)

// letsAct reports whether the principal's token, if it is limited by one, covers an action in channels. A procedure may do
// anything, so it takes them all.
func letsAct(p *madang.Principal, a madang.Action) bool {
	all, limited := Abilities(p)
	if !limited || slices.Contains(all, every) {
		return true
	}
	has := func(ability string) bool { return slices.Contains(all, ability) }
	switch a {
	case madang.ActSubscribe, madang.ActHistory, madang.ActMembers, madang.ActOccupancy:
		return has(read)
	case madang.ActPublish, madang.ActEnter:
		return has(create)
	case madang.ActChange:
		return has(update) || has(remove) // which of the two a change is, the dialect knows
	case madang.ActCall:
		return has(create) && has(read) && has(update) && has(remove)
	}
	return false
}

// scope refuses what the principal's token does not cover, in any channel, covered by a rule or not.
func (g *Gate) scope(r madang.AccessRequest) error {
	if r.Principal == nil || !slices.Contains(g.config.Guards, r.Principal.Guard) || letsAct(r.Principal, r.Action) {
		return nil
	}
	return fmt.Errorf("gate: the API token is not for %s: %w", r.Action, madang.ErrForbidden)
}
