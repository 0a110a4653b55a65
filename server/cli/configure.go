package cli

import (
	"fmt"

	"madang/server"
)

// configure holds the commands about the configuration.
type configure struct {
	Check checkConfig `cmd:"" help:"Report all that is wrong; exit status 2 if something is."`
	Show  showConfig  `cmd:"" help:"Print the settings in force, each with where it is from. Secrets are hidden."`
	Env   envConfig   `cmd:"" help:"List every environment variable."`
	Doc   docConfig   `cmd:"" help:"Print the reference of all settings as Markdown."`
}

type checkConfig struct{}

// Run checks.
func (checkConfig) Run(c *Context) error {
	set, err := c.Load()
	if err != nil {
		return err
	}
	c.Warn(set)
	switch {
	case c.echo != "" && c.file != "":
		fmt.Fprintf(c.Stdout, "ok: %s over %s\n", c.echo, c.file)
	case c.echo != "":
		fmt.Fprintf(c.Stdout, "ok: %s\n", c.echo)
	case set.Dev:
		fmt.Fprintln(c.Stdout, "ok: nothing is configured, serve would start in development mode")
	case set.File == "":
		fmt.Fprintln(c.Stdout, "ok: configured by the environment and flags")
	default:
		fmt.Fprintf(c.Stdout, "ok: %s\n", set.File)
	}
	return nil
}

type showConfig struct{}

// Run shows.
func (showConfig) Run(c *Context) error {
	set, err := c.Load()
	if err != nil {
		return err
	}
	c.Warn(set)
	return set.Show(c.Stdout)
}

type envConfig struct{}

// Run lists.
func (envConfig) Run(c *Context) error {
	r, err := c.Assembly.Reference()
	if err != nil {
		return err
	}
	return r.WriteEnv(c.Stdout)
}

type docConfig struct{}

// Run writes the reference.
func (docConfig) Run(c *Context) error {
	r, err := c.Assembly.Reference()
	if err != nil {
		return err
	}
	fmt.Fprintf(c.Stdout, `# Settings

One YAML file holds the settings: the one that --config or %s names, or %s if it exists. Each setting has an
environment variable too, and --set key=value sets any of them. A flag wins over the environment, that over the file, that
over the default. A variable that ends in _FILE names a file with the value. Lists are separated by commas in variables;
lists and maps of structures are written as YAML on one line there. Durations are a number and a unit: 500ms, 5s, 1h30m.

`, server.EnvFile, server.DefaultFile)
	return r.WriteMarkdown(c.Stdout)
}
