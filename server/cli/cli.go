// Package cli is the command line of a server: it runs one of a list of commands over an assembly.
//
// A program of your own is two lines: an assembly and the commands, see cmd/madang.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"madang/server"
)

// Exit statuses.
const (
	ExitOK      = 0
	ExitFailed  = 1 // something did not work
	ExitUsage   = 2 // the command line or the configuration is wrong
	ExitHurried = 3 // the server stopped before everything was in order
)

// A Command is one word that the program understands.
type Command struct {
	Name, Help string
	// Grammar is a pointer to a struct with the command's flags and arguments as kong reads them, and a method
	// Run(*cli.Context) error, or with further commands as fields.
	Grammar any

	tags []string
}

// Commands returns those that every server has. Those of echo do something in assemblies that read laravel-echo-server's
// configuration.
func Commands() []Command {
	return []Command{
		{Name: "serve", Help: "Run the server. Without any configuration it starts in development mode.", Grammar: &serve{}},
		{Name: "token", Help: "Print a token for a user, signed with the server's own secret.", Grammar: &token{}},
		{Name: "config", Help: "Check, show and explain the configuration.", Grammar: &configure{}},
		{Name: "healthcheck", Help: "Ask a running server whether it lives; for containers.", Grammar: &healthcheck{}},
		{Name: "echo", Help: "Do what the command laravel-echo-server does, with its own configuration file.", Grammar: &echo{}},
		{Name: "version", Help: "Print which version this is.", Grammar: &version{}},
	}
}

// A Program is a command line to run.
type Program struct {
	Assembly       server.Assembly
	Commands       []Command
	Called         string   // the name by which the program was called; may be empty
	Args           []string // without that name
	Env            []string
	Stdin          io.Reader // nil: nobody answers questions
	Stdout, Stderr io.Writer
}

// A Context is what a command gets.
type Context struct {
	Program
	Soft context.Context // ends when the program is asked to stop
	Hard context.Context // ends when it is asked again

	flags []server.Flag
	file  string // --config
	echo  string // --echo-config
}

// globals are the flags that come before or after every command.
type globals struct {
	Config string   `help:"Configuration file. Default: $$MADANG_CONFIG, or madang.yaml if it exists. With the commands of echo: laravel-echo-server.json." placeholder:"FILE"`
	Echo   string   `name:"echo-config" help:"A laravel-echo-server.json to obey as well. Its settings go over the configuration file." placeholder:"FILE"`
	Set    []string `help:"One setting, as key=value: --set drain.grace=1s. Can be repeated." placeholder:"KEY=VALUE" sep:"none"`
}

// oneSignal is how close together signals are one.
const oneSignal = 300 * time.Millisecond

// Main runs the program with the arguments and environment of the process and returns its exit status. The first SIGTERM
// or SIGINT lets it stop gently, the second at once, and a third kills.
func Main(a server.Assembly, commands []Command) int {
	soft, stop := context.WithCancel(context.Background())
	defer stop()
	hard, stopNow := context.WithCancel(context.Background())
	defer stopNow()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		stop()
		// Supervisors that signal the process and its group send two at once and mean one.
		for first := time.Now(); time.Since(first) < oneSignal; {
			<-signals
		}
		stopNow()
		signal.Stop(signals)
	}()
	p := Program{
		Assembly: a, Commands: commands,
		Called: filepath.Base(os.Args[0]), Args: os.Args[1:], Env: os.Environ(),
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}
	return p.Run(soft, hard)
}

// Run runs the program until it is done, or soft or hard end, and returns its exit status.
func (p Program) Run(soft, hard context.Context) int {
	if p.Assembly.Name == "" {
		p.Assembly.Name = "madang"
	}
	if strings.TrimSuffix(p.Called, ".exe") == echoName {
		p.Assembly.Name, p.Commands = echoName, EchoCommands()
	}
	err := p.run(soft, hard)
	if err == nil {
		return ExitOK
	}
	if stop, ok := errors.AsType[exited](err); ok {
		return int(stop)
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(p.Stderr, "%s: %s\n", p.Assembly.Name, strings.TrimRight(line, "\n"))
	}
	var usage *usageError
	switch {
	case errors.As(err, &usage):
		return ExitUsage
	case errors.Is(err, server.ErrHurried):
		return ExitHurried
	default:
		return ExitFailed
	}
}

func (p Program) run(soft, hard context.Context) error {
	var g globals
	code := exited(-1)
	options := []kong.Option{
		kong.Name(p.Assembly.Name), kong.Writers(p.Stdout, p.Stderr), kong.Exit(func(c int) { code = exited(c) }),
		kong.Description("A self-hosted realtime server."), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	}
	for _, c := range p.Commands {
		options = append(options, kong.DynamicCommand(c.Name, c.Help, "", c.Grammar, c.tags...))
	}
	parser, err := kong.New(&g, options...)
	if err != nil {
		return fmt.Errorf("command line: %w", err)
	}
	chosen, err := parser.Parse(p.Args)
	if code >= 0 {
		return code // --help was given and has been answered
	}
	if err != nil {
		return &usageError{fmt.Errorf("%w; see %s --help", err, p.Assembly.Name)}
	}
	c := &Context{Program: p, Soft: soft, Hard: hard, file: g.Config, echo: g.Echo}
	for _, pair := range g.Set {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			return &usageError{fmt.Errorf("--set %s: expected key=value", pair)}
		}
		c.flags = append(c.flags, server.Flag{Name: "--set " + key, Key: key, Value: value})
	}
	return chosen.Run(c)
}

// Load reads the settings with the command's flags. Empty flags were not given.
func (c *Context) Load(flags ...server.Flag) (*server.Settings, error) {
	src := server.Source{File: c.file, Env: c.Env, Flags: c.flags}
	for _, f := range flags {
		if f.Value != "" {
			src.Flags = append(src.Flags, f)
		}
	}
	if c.echo != "" {
		if c.Assembly.EchoConfig == nil {
			return nil, &usageError{errors.New("--echo-config: this program has no parts that do what laravel-echo-server does")}
		}
		var err error
		if src.Over, err = c.Assembly.EchoConfig(c.echo, c.Env); err != nil {
			return nil, &usageError{err}
		}
	}
	set, err := c.Assembly.Load(src)
	if err != nil {
		if set != nil {
			c.Warn(set)
		}
		return nil, &usageError{err}
	}
	return set, nil
}

// Warn tells what is odd about the settings but does not stop anything.
func (c *Context) Warn(set *server.Settings) {
	for _, w := range set.Warnings {
		fmt.Fprintf(c.Stderr, "%s: warning: %s\n", c.Assembly.Name, w)
	}
}

// Usage makes an error one of who called the program, whose exit status is ExitUsage.
func Usage(err error) error { return &usageError{err} }

// usageError is a mistake of who called the program.
type usageError struct{ error }

// Unwrap returns the error inside.
func (e *usageError) Unwrap() error { return e.error }

// exited is the status with which the parser wants to end the program.
type exited int

// Error says it.
func (e exited) Error() string { return fmt.Sprintf("exit status %d", int(e)) }
