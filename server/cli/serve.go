package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime/debug"

	"madang/internal/trim"
	"madang/server"
)

// serve is the command that runs the server.
type serve struct {
	Listen    string `help:"Address to serve on, as host:port." placeholder:"ADDRESS"`
	DataDir   string `help:"Folder for everything that is kept on this machine." placeholder:"DIR"`
	LogLevel  string `help:"Least that is logged: debug, info, warn or error." placeholder:"LEVEL"`
	LogFormat string `help:"text or json." placeholder:"FORMAT"`
}

func (s *serve) flags() []server.Flag {
	return []server.Flag{
		{Name: "--listen", Key: "listen", Value: s.Listen},
		{Name: "--data-dir", Key: "data_dir", Value: s.DataDir},
		{Name: "--log-level", Key: "log.level", Value: s.LogLevel},
		{Name: "--log-format", Key: "log.format", Value: s.LogFormat},
	}
}

// Run serves until the program is asked to stop.
func (s *serve) Run(c *Context) error {
	set, err := c.Load(s.flags()...)
	if err != nil {
		return err
	}
	log := server.NewLog(c.Stderr, set.Log)
	for _, w := range set.Warnings {
		log.Warn(w)
	}
	if set.Dev && set.Exposed() {
		log.Warn("development mode can be reached from other machines", "listen", set.Listen)
	}
	ln, err := server.Listen(set) // before anything is opened or written, because it fails most often
	if err != nil {
		return err
	}
	srv, err := open(c, set, log)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	if err := c.greet(srv, set, ln); err != nil {
		return errors.Join(err, ln.Close(), srv.Close())
	}
	go trim.Run(c.Soft)
	return srv.Serve(c.Soft, c.Hard, ln)
}

// open opens and starts the server.
func open(c *Context, set *server.Settings, log *slog.Logger) (*server.Server, error) {
	if err := set.Prepare(); err != nil {
		return nil, err
	}
	limitMemory(log)
	srv, err := server.Open(c.Soft, c.Assembly, set, log)
	if err != nil {
		return nil, err
	}
	if err := srv.Start(); err != nil {
		return nil, errors.Join(err, srv.Close())
	}
	return srv, nil
}

// limitMemory tells the runtime what the container allows, unless GOMEMLIMIT already does.
func limitMemory(log *slog.Logger) {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	if n := server.MemoryLimit(os.DirFS("/")); n > 0 {
		debug.SetMemoryLimit(n)
		log.Debug("memory limit of the container", "GOMEMLIMIT", n)
	}
}

// greet prints where the server listens, for programs in the first line, and in development mode what people can do next.
func (c *Context) greet(srv *server.Server, set *server.Settings, ln net.Listener) error {
	fmt.Fprintf(c.Stdout, "listening on %s://%s\n", set.Scheme(), ln.Addr())
	if !set.Dev {
		return nil
	}
	token := ""
	if c.Assembly.Token != nil {
		var err error
		if token, err = c.Assembly.Token(set, server.TokenRequest{User: "dev", Name: "Developer"}); err != nil {
			return fmt.Errorf("sign a token for development: %w", err)
		}
	}
	c.banner(srv.Hints(set.URL(ln), token), set, set.URL(ln), token)
	return nil
}
