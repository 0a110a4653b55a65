package standard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"madang/account"
	"madang/account/operator"
	"madang/internal/terminal"
	"madang/server/cli"
)

type verifyPerson[G guarded] struct {
	commandFlags
	one
}

// Run verifies.
func (v *verifyPerson[G]) Run(c *cli.Context) error {
	return v.act(c, name[G]("verify"), http.MethodPut, at[G](v.Who, "verified"), nil)
}

type disablePerson[G guarded] struct {
	commandFlags
	one
}

// Run disables.
func (x *disablePerson[G]) Run(c *cli.Context) error {
	return x.act(c, name[G]("disable"), http.MethodDelete, at[G](x.Who, "enabled"), nil)
}

type enablePerson[G guarded] struct {
	commandFlags
	one
}

// Run enables.
func (x *enablePerson[G]) Run(c *cli.Context) error {
	return x.act(c, name[G]("enable"), http.MethodPut, at[G](x.Who, "enabled"), nil)
}

type signOutPerson[G guarded] struct {
	commandFlags
	one
}

// Run signs out.
func (s *signOutPerson[G]) Run(c *cli.Context) error {
	return s.act(c, name[G]("sign-out"), http.MethodDelete, at[G](s.Who, "sign-ins"), nil)
}

type deletePerson[G guarded] struct {
	commandFlags
	one
	Yes bool `help:"Do not ask."`
}

// Run deletes, when it is sure.
func (x *deletePerson[G]) Run(c *cli.Context) error {
	if !x.Yes && !terminal.Is(c.Stdin) {
		return cli.Usage(errors.New("nobody is here to be asked whether this is meant; give --yes"))
	}
	return x.at(c, name[G]("delete"), func(ctx context.Context, d *desk) error {
		var p operator.Person
		if err := d.Do(ctx, http.MethodGet, at[G](x.Who), nil, &p); err != nil {
			return err
		}
		if !x.Yes {
			fmt.Fprintf(c.Stderr, "Delete %s (%s) for good? Type yes: ", harmless(p.Name), harmless(p.Email))
			if said, err := terminal.Line(c.Stdin); err != nil || strings.TrimSpace(said) != "yes" {
				return errors.New("nothing was deleted")
			}
		}
		if err := d.Do(ctx, http.MethodDelete, at[G](strconv.FormatInt(p.ID, 10)), nil, &p); err != nil {
			return err
		}
		return d.print(p, func(w io.Writer) { row(w, "deleted", p.Email) })
	})
}

type assignPerson[G guarded] struct {
	commandFlags
	one
	Role       []string `help:"A role. Can be repeated." placeholder:"ROLE"`
	Permission []string `help:"A permission of their own. Can be repeated." placeholder:"NAME"`
	None       bool     `help:"Take all of them away."`
}

// Run assigns.
func (a *assignPerson[G]) Run(c *cli.Context) error {
	if (len(a.Role)+len(a.Permission) == 0) != a.None {
		return cli.Usage(errors.New("give --role and --permission as often as needed, or --none; what is not named is taken away"))
	}
	return a.act(c, name[G]("assign"), http.MethodPut, at[G](a.Who, "roles"), operator.Assignment{Roles: a.Role, Permissions: a.Permission})
}

type auditOfPerson[G guarded] struct {
	commandFlags
	one
	Limit int `help:"At most so many entries." default:"100"`
}

// Run shows it.
func (a *auditOfPerson[G]) Run(c *cli.Context) error {
	return a.at(c, name[G]("audit"), func(ctx context.Context, d *desk) error {
		var p operator.Person
		if err := d.Do(ctx, http.MethodGet, at[G](a.Who), nil, &p); err != nil {
			return err
		}
		return d.audit(ctx, url.Values{"person": {strconv.FormatInt(p.ID, 10)}, "limit": {strconv.Itoa(a.Limit)}})
	})
}

// audit is the command that shows the audit log.
type audit struct {
	commandFlags
	Person int64  `help:"Only of the person of this id." placeholder:"ID"`
	Act    string `help:"Only of this kind, such as sign_in_refused."`
	Before int64  `help:"Only entries with smaller ids than this one." placeholder:"ID"`
	Limit  int    `help:"At most so many entries." default:"100"`
}

// Run shows it.
func (a *audit) Run(c *cli.Context) error {
	return a.at(c, "audit", func(ctx context.Context, d *desk) error {
		return d.audit(ctx, url.Values{
			"person": {strconv.FormatInt(a.Person, 10)}, "act": {string(account.Act(a.Act))}, "before": {strconv.FormatInt(a.Before, 10)},
			"limit": {strconv.Itoa(a.Limit)},
		})
	})
}

func (d *desk) audit(ctx context.Context, query url.Values) error {
	all := []operator.Entry{}
	if err := d.Do(ctx, http.MethodGet, "/audit?"+query.Encode(), nil, &all); err != nil {
		return err
	}
	return d.print(all, func(w io.Writer) {
		row(w, "ID", "WHEN", "PERSON", "WHAT", "BY", "FROM", "DETAIL")
		for _, e := range all {
			row(w, strconv.FormatInt(e.ID, 10), e.At.Local().Format("2006-01-02 15:04:05"), strconv.FormatInt(e.Person, 10), string(e.Act), e.By, e.Address, e.Detail)
		}
	})
}
