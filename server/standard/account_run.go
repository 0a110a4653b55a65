package standard

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"madang/account/operator"
	"madang/server"
)

// sweepEvery is how often what has expired is removed.
const sweepEvery = time.Hour

// Start implements server.Starter.
func (a *accounts) Start(ctx context.Context) error {
	if err := a.gate.Seed(ctx, a.config.app()); err != nil {
		return err
	}
	if err := a.gate.Start(ctx, a.site.Hub); err != nil {
		return err
	}
	if err := a.live.Start(ctx, a.site.Hub); err != nil {
		return err
	}
	if err := a.firstAdministrator(ctx); err != nil {
		return err
	}
	var err error
	if a.socket, err = serveCommands(a.site, a.commands()); err != nil {
		return err
	}
	go a.sweep(ctx)
	return nil
}

// firstAdministrator shows on the console how to make one, if there is none.
func (a *accounts) firstAdministrator(ctx context.Context) error {
	if len(a.config.Gate.Super) == 0 {
		return nil
	}
	role := a.config.Gate.Super[0]
	at := a.siteOf(role)
	setup, secret, err := operator.NewSetup(ctx, a.operator, a.config.Web.Guard, role, at+"/login", a.config.Product, a.site.Log)
	if err != nil {
		return fmt.Errorf("look for an administrator: %w", err)
	}
	file := filepath.Join(a.site.Config.DataDir, setupFile)
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) { // the link of a start before
		return fmt.Errorf("remove an old link for the first administrator: %w", err)
	}
	if setup == nil {
		return nil
	}
	setup.Missing(http.HandlerFunc(a.face.fortify.NotFound))
	a.setup, a.link = setup, at+operator.SetupPath+secret
	if a.config.dev {
		return nil // the welcome says it
	}
	if err := writeLink(file, a.link); err != nil {
		return fmt.Errorf("write down the link for the first administrator: %w", err)
	}
	a.site.Log.WarnContext(ctx, "nobody has the role "+role+" yet; whoever opens the link in this file can make themselves the first one, once and within a day",
		"file", file)
	return nil
}

// setupFile holds the link for the first administrator, in the data directory. The log only says where it is: logs are copied,
// and read by many.
const setupFile = "first-administrator"

// writeLink writes a file for its owner alone.
func writeLink(name, link string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(link + "\n")
	return errors.Join(err, f.Close())
}

// siteOf is where people of a role sign in.
func (a *accounts) siteOf(role string) string {
	for _, s := range a.config.Hosts.Sites {
		if s.Role == role {
			return a.config.Web.Sites[s.Name]
		}
	}
	return strings.TrimRight(a.config.Web.URL, "/")
}

// serveCommands answers commands of this machine. What it returns is to be closed; nil: they cannot be answered here.
func serveCommands(site *server.Site, h http.Handler) (*http.Server, error) {
	if err := os.MkdirAll(site.Config.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	ln, err := operator.Listen(site.Config.DataDir)
	if errors.Is(err, operator.ErrPath) {
		site.Log.Warn("commands about accounts and hubs do not work while the server runs", "error", err, "data_dir", site.Config.DataDir)
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listen for commands: %w", err)
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: commandTime, ErrorLog: slog.NewLogLogger(site.Log.Handler(), slog.LevelDebug)}
	go func() {
		if err := s.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			site.Log.Error("commands are not answered any more", "error", err)
		}
	}()
	return s, nil
}

// commandTime is how long a command may take to say what it wants.
const commandTime = 10 * time.Second

// commands are what this machine's commands ask for: accounts, and hubs if there are any.
func (a *accounts) commands() http.Handler {
	d, err := server.Find[*devices](a.site)
	if err != nil {
		return a.operator.Handler()
	}
	mux := http.NewServeMux()
	mux.Handle("/", a.operator.Handler())
	mux.Handle(hubsPath, hubOperator{d.relay.Service(), d.config.app}.Handler())
	mux.Handle(hubsPath+"/", hubOperator{d.relay.Service(), d.config.app}.Handler())
	return mux
}

// Hints implements server.Hinter.
func (a *accounts) Hints(string, string) []string {
	if a.link == "" {
		return nil
	}
	return []string{"첫 관리자 만들기 · make the first administrator:   " + a.link}
}

// sweep removes what has expired, once in an hour, as long as the server runs.
func (a *accounts) sweep(ctx context.Context) {
	every := time.NewTicker(sweepEvery)
	defer every.Stop()
	for {
		now := time.Now()
		n, err := a.store.Sweep(ctx, now.Add(-a.config.AuditKept), now)
		switch {
		case err != nil && ctx.Err() == nil:
			a.site.Log.WarnContext(ctx, "what has expired could not be removed", "error", err)
		case n > 0:
			a.site.Log.DebugContext(ctx, "removed what has expired", "entries", n)
		}
		select {
		case <-every.C:
		case <-ctx.Done():
			return
		}
	}
}

// lastMails is how long mails may take that were asked for while the server stopped.
const lastMails = 3 * time.Second

// Drain implements server.Drainer: mails that are under way arrive.
func (a *accounts) Drain(ctx context.Context) {
	if err := errors.Join(a.web.Drain(ctx), a.api.Drain(ctx)); err != nil {
		a.site.Log.WarnContext(ctx, "mails were still under way", "error", err)
	}
}

// Close implements io.Closer.
func (a *accounts) Close() error {
	ctx, done := context.WithTimeout(context.Background(), lastMails)
	defer done()
	a.Drain(ctx)
	var errs []error
	if a.socket != nil {
		errs = append(errs, a.socket.Close())
	}
	if a.face != nil && a.face.page != nil {
		errs = append(errs, a.face.page.Close())
	}
	if a.live != nil {
		errs = append(errs, a.live.Close())
	}
	return errors.Join(append(errs, a.gate.Close())...)
}
