package account

import "slices"

// A Role is a set of permissions under a name, for the people of one guard, as in spatie/laravel-permission.
type Role struct {
	ID          int64 // given by the Store
	App         string
	Guard       string
	Name        string
	Permissions []string // sorted
}

// Rights are what a person's roles and own permissions come to, for one guard. Both are sorted.
type Rights struct {
	Roles       []string
	Permissions []string // of the roles, and the person's own
}

// Has reports whether a role is among them.
func (r Rights) Has(role string) bool { return slices.Contains(r.Roles, role) }

// May reports whether a permission is among them.
func (r Rights) May(permission string) bool { return slices.Contains(r.Permissions, permission) }
