package standard

import (
	"context"
	"io"
	"net/http"

	"madang/account/operator"
	"madang/server/cli"
)

// roles are the commands about roles.
type roles struct {
	List        listRoles       `cmd:"" help:"List roles."`
	Put         putRole         `cmd:"" help:"Make a role, or give one exactly these permissions."`
	Delete      deleteRole      `cmd:"" help:"Delete a role. Who had it has it no more."`
	Permissions listPermissions `cmd:"" help:"List the permissions that there are."`
}

// guardFlag is the flag of commands that are about a guard.
type guardFlag struct {
	Guard string `help:"Whose: web (members) or api (users)." default:"web" enum:"web,api"`
}

func (d *desk) printRoles(all []operator.Role, v any) error {
	return d.print(v, func(w io.Writer) {
		row(w, "ROLE", "GUARD", "PERMISSIONS")
		for _, r := range all {
			row(w, r.Name, r.Guard, dash(r.Permissions))
		}
	})
}

type listRoles struct {
	commandFlags
	guardFlag
}

// Run lists.
func (l *listRoles) Run(c *cli.Context) error {
	return l.at(c, "role list", func(ctx context.Context, d *desk) error {
		all := []operator.Role{}
		if err := d.Do(ctx, http.MethodGet, operator.Path(l.Guard, "roles"), nil, &all); err != nil {
			return err
		}
		return d.printRoles(all, all)
	})
}

type putRole struct {
	commandFlags
	guardFlag
	Name       string   `arg:"" help:"Name of the role."`
	Permission []string `help:"A permission. Can be repeated." placeholder:"NAME"`
}

// Run puts.
func (p *putRole) Run(c *cli.Context) error {
	return p.at(c, "role put", func(ctx context.Context, d *desk) error {
		var r operator.Role
		if err := d.Do(ctx, http.MethodPut, operator.Path(p.Guard, "roles", p.Name), operator.Role{Permissions: p.Permission}, &r); err != nil {
			return err
		}
		return d.printRoles([]operator.Role{r}, r)
	})
}

type deleteRole struct {
	commandFlags
	guardFlag
	Name string `arg:"" help:"Name of the role."`
}

// Run deletes.
func (x *deleteRole) Run(c *cli.Context) error {
	return x.at(c, "role delete", func(ctx context.Context, d *desk) error {
		if err := d.Do(ctx, http.MethodDelete, operator.Path(x.Guard, "roles", x.Name), nil, nil); err != nil {
			return err
		}
		return d.print(map[string]string{"deleted": x.Name}, func(w io.Writer) { row(w, "deleted", x.Name) })
	})
}

type listPermissions struct {
	commandFlags
	guardFlag
}

// Run lists.
func (l *listPermissions) Run(c *cli.Context) error {
	return l.at(c, "role permissions", func(ctx context.Context, d *desk) error {
		all := []string{}
		if err := d.Do(ctx, http.MethodGet, operator.Path(l.Guard, "permissions"), nil, &all); err != nil {
			return err
		}
		return d.print(all, func(w io.Writer) {
			for _, p := range all {
				row(w, p)
			}
		})
	})
}
