package cli

import (
	"errors"
	"fmt"
	"time"

	"madang/server"
)

// token is the command that signs a token. It opens no store, so it works beside a running server.
type token struct {
	User    string        `help:"Id of the user." required:"" placeholder:"ID"`
	Name    string        `help:"Name for people to read."`
	App     string        `help:"App the token is good for, if tokens name one."`
	Expires time.Duration `help:"How long the token is good; less than 0 makes an expired one, for trying what happens." default:"1h"`
	DataDir string        `help:"Data directory of the server, in development mode." placeholder:"DIR"`
}

// Run prints the token and nothing else on the standard output.
func (t *token) Run(c *Context) error {
	if c.Assembly.Token == nil {
		return errors.New("this program has no secret of its own to sign tokens with; let your backend sign them")
	}
	if t.Expires == 0 {
		return &usageError{errors.New("--expires 0: a token that is good for no time; give a duration such as 1h")}
	}
	set, err := c.Load(server.Flag{Name: "--data-dir", Key: "data_dir", Value: t.DataDir})
	if err != nil {
		return err
	}
	c.Warn(set)
	if set.Generated() {
		// A secret made up here would sign a token that no server accepts.
		return fmt.Errorf("there are no secrets in %s yet: start the server there first (%s serve), or give --data-dir, --config or --echo-config",
			set.DataDir, c.Assembly.Name)
	}
	s, err := c.Assembly.Token(set, server.TokenRequest{User: t.User, Name: t.Name, App: t.App, Expires: t.Expires})
	if err != nil {
		return fmt.Errorf("sign the token: %w", err)
	}
	fmt.Fprintln(c.Stdout, s)
	return nil
}
