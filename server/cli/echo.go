package cli

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"madang/server"
	"madang/server/echoconfig"
)

// echoName is the program whose commands these are: a binary that is called so has them as its own.
const echoName = "laravel-echo-server"

// EchoCommands returns the commands of laravel-echo-server, for a binary of that name.
func EchoCommands() []Command {
	return []Command{
		{Name: "start", Help: "Start the server.", Grammar: &echoStart{}},
		{Name: "stop", Help: "Stop the server.", Grammar: &echoStop{}},
		{Name: "init", Help: "Create a configuration file.", Grammar: &echoInit{}, tags: []string{`aliases:"configure"`}},
		{Name: "client:add", Help: "Register a client that can use the HTTP interface.", Grammar: &echoClientAdd{}},
		{Name: "client:remove", Help: "Remove a registered client.", Grammar: &echoClientRemove{}},
		{Name: "version", Help: "Print which version this is.", Grammar: &version{}},
	}
}

// echo holds the commands of laravel-echo-server for a binary of another name.
type echo struct {
	Start        echoStart        `cmd:"" help:"Start the server."`
	Stop         echoStop         `cmd:"" help:"Stop the server."`
	Init         echoInit         `cmd:"" help:"Create a configuration file." aliases:"configure"`
	ClientAdd    echoClientAdd    `cmd:"" name:"client:add" help:"Register a client that can use the HTTP interface."`
	ClientRemove echoClientRemove `cmd:"" name:"client:remove" help:"Remove a registered client."`
}

// echoFile finds the configuration file as laravel-echo-server does. Its --config is the one of all commands.
type echoFile struct {
	Dir string `help:"Folder of the configuration file." placeholder:"DIR"`
}

func (e echoFile) path(c *Context) string {
	name := cmp.Or(c.echo, c.file, echoconfig.FileName)
	if e.Dir == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(e.Dir, name)
}

// echoStart is the command that runs the server until it is asked to stop.
type echoStart struct {
	echoFile
	Force bool `help:"If the server is already running, stop it."`
	Dev   bool `help:"Run in dev mode: log everything."`
}

// Run serves.
func (e *echoStart) Run(c *Context) error {
	name := e.path(c)
	if _, err := os.Stat(name); err != nil {
		return fmt.Errorf("%w; make one with %s init", err, c.echoCommand())
	}
	lock, err := acquireEchoLock(c, echoLockPath(name), e.Force)
	if err != nil {
		return err
	}
	defer lock.release()
	c.echo, c.file = name, ""
	if e.Dev {
		c.flags = append(c.flags, server.Flag{Name: "--dev", Key: "log.level", Value: "debug"})
	}
	return (&serve{}).Run(c)
}

// echoStop is the command that stops a server that runs with a configuration file.
type echoStop struct{ echoFile }

// Run stops it and waits until it has ended.
func (e *echoStop) Run(c *Context) error {
	if err := stopEcho(c, echoLockPath(e.path(c))); err != nil {
		return err
	}
	fmt.Fprintln(c.Stdout, "Closed the running server.")
	return nil
}

// echoClientAdd is the command that registers a client of the HTTP interface, or gives it a new key.
type echoClientAdd struct {
	echoFile
	ID string `arg:"" optional:"" name:"id" help:"App id. Default: a new one."`
}

// Run adds.
func (e *echoClientAdd) Run(c *Context) error {
	id := e.ID
	if id == "" {
		var err error
		if id, err = echoconfig.NewID(rand.Reader); err != nil {
			return err
		}
	}
	key, err := echoconfig.NewKey(rand.Reader)
	if err != nil {
		return err
	}
	word := "added"
	err = c.editEcho(e.path(c), func(d *echoconfig.Document) error {
		updated, err := d.AddClient(id, key)
		if updated {
			word = "updated"
		}
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(c.Stdout, "API Client %s!\nappId: %s\nkey: %s\n", word, id, key)
	return nil
}

// echoClientRemove is the command that removes a client.
type echoClientRemove struct {
	echoFile
	ID string `arg:"" name:"id" help:"App id."`
}

// Run removes.
func (e *echoClientRemove) Run(c *Context) error {
	err := c.editEcho(e.path(c), func(d *echoconfig.Document) error {
		removed, err := d.RemoveClient(e.ID)
		if err == nil && !removed {
			err = fmt.Errorf("there is no client %q; nothing was changed", e.ID)
		}
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(c.Stdout, "Client removed: %s\n", e.ID)
	return nil
}

// echoCommand returns how the user calls these commands.
func (c *Context) echoCommand() string {
	if c.Assembly.Name == echoName {
		return echoName
	}
	return c.Assembly.Name + " echo"
}

// editEcho changes a configuration file.
func (c *Context) editEcho(name string, change func(*echoconfig.Document) error) error {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w; make one with %s init, or name it with --config", err, c.echoCommand())
	}
	if err != nil {
		return err
	}
	d, err := echoconfig.Open(text)
	if err == nil {
		err = change(d)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return replaceFile(name, d.Bytes())
}
