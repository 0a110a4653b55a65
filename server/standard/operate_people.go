package standard

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"madang/account/operator"
	"madang/internal/terminal"
	"madang/server/cli"
)

// A guarded is a type that stands for a guard, so that the same commands are those of its people.
type guarded interface {
	guard() string
	command() string
}

type (
	ofWeb struct{} // members
	ofAPI struct{} // users
)

func (ofWeb) guard() string   { return "web" }
func (ofWeb) command() string { return "member" }
func (ofAPI) guard() string   { return "api" }
func (ofAPI) command() string { return "user" }

// people are the commands about the people of a guard.
type people[G guarded] struct {
	Add      addPerson[G]     `cmd:"" help:"Add somebody."`
	List     listPeople[G]    `cmd:"" help:"List people."`
	Show     showPerson[G]    `cmd:"" help:"Show somebody, their roles, and what they are signed in by."`
	Password setPassword[G]   `cmd:"" help:"Give somebody another password. All they are signed in by ends."`
	Link     makeLink[G]      `cmd:"" help:"Print a link by which somebody can choose a password, once."`
	Verify   verifyPerson[G]  `cmd:"" help:"Take your word that somebody's address is theirs."`
	Disable  disablePerson[G] `cmd:"" help:"Keep somebody from signing in. All they are signed in by ends."`
	Enable   enablePerson[G]  `cmd:"" help:"Let somebody sign in again."`
	SignOut  signOutPerson[G] `cmd:"" name:"sign-out" help:"End all that somebody is signed in by."`
	Delete   deletePerson[G]  `cmd:"" help:"Delete somebody for good."`
	Assign   assignPerson[G]  `cmd:"" help:"Give somebody exactly these roles, and permissions of their own."`
	Audit    auditOfPerson[G] `cmd:"" help:"Show what the audit log says of somebody."`
}

// one is the argument of commands about one person.
type one struct {
	Who string `arg:"" help:"Id or address of mail."`
}

func name[G guarded](command string) string {
	var g G
	return g.command() + " " + command
}

func at[G guarded](parts ...string) string {
	var g G
	return operator.Path(append([]string{g.guard(), "people"}, parts...)...)
}

// passwords say where a password comes from. It is never part of a command line, which everybody on the machine can read.
type passwords struct {
	Stdin    bool `name:"password-stdin" help:"Read the password from the first line of the standard input." xor:"password"`
	Generate bool `help:"Make a password and print it once." xor:"password"`
}

// read returns the password, and whether it was made here.
func (p passwords) read(c *cli.Context) (text string, made bool, err error) {
	switch {
	case p.Generate:
		return rand.Text(), true, nil
	case p.Stdin:
		if c.Stdin == nil {
			return "", false, cli.Usage(errors.New("--password-stdin: there is no standard input"))
		}
		text, err := terminal.Line(c.Stdin)
		if err != nil {
			return "", false, fmt.Errorf("read the password from the standard input: %w", err)
		}
		return text, false, nil
	case !terminal.Is(c.Stdin):
		return "", false, cli.Usage(errors.New("nobody is here to type a password; give --generate, or --password-stdin and write it to the standard input"))
	}
	text, err = terminal.Ask(c.Soft, c.Stdin, c.Stderr, "Password: ")
	if err != nil {
		return "", false, err
	}
	again, err := terminal.Ask(c.Soft, c.Stdin, c.Stderr, "Again: ")
	if err != nil {
		return "", false, err
	}
	if text != again {
		return "", false, errors.New("the two are not the same; nothing was changed")
	}
	return text, false, nil
}

// A withPassword is somebody, and the password that was made for them.
type withPassword struct {
	operator.Person
	Password string `json:"password,omitempty"`
	Link     string `json:"link,omitempty"`
}

func (d *desk) printPerson(p withPassword) error {
	return d.print(p, func(w io.Writer) {
		row(w, "id", strconv.FormatInt(p.ID, 10))
		row(w, "name", p.Name)
		row(w, "email", p.Email)
		row(w, "verified", when(p.VerifiedAt))
		row(w, "roles", dash(p.Roles))
		row(w, "permissions", dash(p.Permissions))
		row(w, "two-factor", map[bool]string{true: "on", false: "off"}[p.TwoFactor])
		if p.DisabledAt != nil {
			row(w, "disabled", when(p.DisabledAt))
		}
		row(w, "since", when(&p.CreatedAt))
		for _, s := range p.SignIns {
			row(w, "signed in", fmt.Sprintf("%s  %s  last seen %s  %s %s", s.Kind, s.Name, when(s.SeenAt), s.Address, s.UserAgent))
		}
		if p.Password != "" {
			row(w, "password", p.Password+"   (shown once)")
		}
		if p.Link != "" {
			row(w, "link", p.Link+"   (works once)")
		}
	})
}

type addPerson[G guarded] struct {
	commandFlags
	passwords
	Email    string   `arg:"" help:"Address of mail."`
	Name     string   `help:"Name for people to read. Default: what stands before the @."`
	Link     bool     `help:"Set no password, and print a link by which they choose one." xor:"password"`
	Locale   string   `help:"Language of their mails: ko or en."`
	Verified bool     `help:"The address is known to be theirs." default:"true" negatable:""`
	Role     []string `help:"A role. Can be repeated." placeholder:"ROLE"`
}

// Run adds.
func (a *addPerson[G]) Run(c *cli.Context) error {
	n := operator.Addition{Name: a.Name, Email: a.Email, Locale: a.Locale, Verified: a.Verified, Roles: a.Role}
	if n.Name == "" {
		n.Name, _, _ = strings.Cut(a.Email, "@")
	}
	made := false
	if !a.Link {
		var err error
		if n.Password, made, err = a.read(c); err != nil {
			return err
		}
	}
	return a.at(c, name[G]("add"), func(ctx context.Context, d *desk) error {
		var p withPassword
		if err := d.Do(ctx, http.MethodPost, at[G](), n, &p.Person); err != nil {
			return err
		}
		if made {
			p.Password = n.Password
		}
		if a.Link {
			if err := d.Do(ctx, http.MethodPost, at[G](strconv.FormatInt(p.ID, 10), "link"), struct{}{}, &p); err != nil {
				return err
			}
		}
		return d.printPerson(p)
	})
}

type listPeople[G guarded] struct {
	commandFlags
	After int64 `help:"Begin after this id." placeholder:"ID"`
	Limit int   `help:"At most so many." default:"100"`
}

// Run lists.
func (l *listPeople[G]) Run(c *cli.Context) error {
	return l.at(c, name[G]("list"), func(ctx context.Context, d *desk) error {
		all := []operator.Person{}
		if err := d.Do(ctx, http.MethodGet, fmt.Sprintf("%s?after=%d&limit=%d", at[G](), l.After, l.Limit), nil, &all); err != nil {
			return err
		}
		return d.print(all, func(w io.Writer) {
			row(w, "ID", "EMAIL", "NAME", "ROLES", "VERIFIED", "STATE")
			for _, p := range all {
				state := "active"
				if p.DisabledAt != nil {
					state = "disabled"
				}
				row(w, strconv.FormatInt(p.ID, 10), p.Email, p.Name, dash(p.Roles), when(p.VerifiedAt), state)
			}
		})
	})
}

type showPerson[G guarded] struct {
	commandFlags
	one
}

// Run shows.
func (s *showPerson[G]) Run(c *cli.Context) error {
	return s.act(c, name[G]("show"), http.MethodGet, at[G](s.Who), nil)
}

// act does one thing to one person and prints them.
func (f commandFlags) act(c *cli.Context, command, method, path string, in any) error {
	return f.at(c, command, func(ctx context.Context, d *desk) error {
		var p withPassword
		if err := d.Do(ctx, method, path, in, &p.Person); err != nil {
			return err
		}
		return d.printPerson(p)
	})
}

type setPassword[G guarded] struct {
	commandFlags
	passwords
	one
}

// Run sets it.
func (s *setPassword[G]) Run(c *cli.Context) error {
	text, made, err := s.read(c)
	if err != nil {
		return err
	}
	return s.at(c, name[G]("password"), func(ctx context.Context, d *desk) error {
		var p withPassword
		if err := d.Do(ctx, http.MethodPut, at[G](s.Who, "password"), map[string]string{"password": text}, &p.Person); err != nil {
			return err
		}
		if made {
			p.Password = text
		}
		return d.printPerson(p)
	})
}

type makeLink[G guarded] struct {
	commandFlags
	one
	Site string `help:"Site that the link leads to, by its name in account.hosts.sites." placeholder:"NAME"`
}

// Run makes it.
func (m *makeLink[G]) Run(c *cli.Context) error {
	return m.at(c, name[G]("link"), func(ctx context.Context, d *desk) error {
		var out struct {
			Link string `json:"link"`
		}
		if err := d.Do(ctx, http.MethodPost, at[G](m.Who, "link"), map[string]string{"site": m.Site}, &out); err != nil {
			return err
		}
		return d.print(out, func(w io.Writer) { row(w, out.Link) })
	})
}
