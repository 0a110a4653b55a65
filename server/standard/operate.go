package standard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"

	"madang"
	"madang/account/operator"
	"madang/broker/redis"
	"madang/server"
	"madang/server/cli"
)

// commandFlags are those of every command about accounts.
type commandFlags struct {
	JSON    bool   `name:"json" help:"Print JSON for programs instead of a table for people."`
	DataDir string `help:"Data directory of the server, in development mode." placeholder:"DIR"`
}

// A desk is where a command works: a server that runs, or the store itself.
type desk struct {
	*operator.Client
	context *cli.Context
	json    bool
	close   func() error
}

// at runs a command: f does it, and prints what came of it.
func (f commandFlags) at(c *cli.Context, command string, do func(context.Context, *desk) error) error {
	d, err := f.open(c, command)
	if err != nil {
		return err
	}
	return errors.Join(do(c.Soft, d), d.close())
}

// open asks the server that runs with the data directory, or does without one.
func (f commandFlags) open(c *cli.Context, command string) (*desk, error) {
	set, err := c.Load(server.Flag{Name: "--data-dir", Key: "data_dir", Value: f.DataDir})
	if err != nil {
		return nil, err
	}
	c.Warn(set)
	section, err := server.SectionOf[Accounts](set)
	if err != nil {
		return nil, err
	}
	if !section.Enabled {
		return nil, cli.Usage(errors.New("this server has no accounts; turn them on with account.enabled"))
	}
	d := &desk{context: c, json: f.JSON, close: func() error { return nil }}
	client, err := operator.Dial(c.Soft, set.DataDir)
	if err != nil {
		return nil, err
	}
	if client == nil {
		if set.Generated() {
			// What is sealed with a key made up here no server could open.
			return nil, fmt.Errorf("there are no secrets in %s yet: start the server there first (%s serve), or give --data-dir or --config",
				set.DataDir, c.Assembly.Name)
		}
		own, err := openDesk(c, set, *section)
		if err != nil {
			return nil, err
		}
		client, d.close = operator.Direct(own.operator), own.closeDesk
	}
	d.Client = client.As(c.Assembly.Name + " " + command)
	return d, nil
}

// openDesk opens the store and what knows the rules, without a server.
func openDesk(c *cli.Context, set *server.Settings, section Accounts) (*ownDesk, error) {
	files, err := server.SectionOf[BlobConfig](set)
	if err != nil {
		return nil, err
	}
	if err := set.Prepare(); err != nil {
		return nil, err
	}
	quiet := set.Log
	quiet.Level = "error" // what is done is printed; the log is the server's
	site := &server.Site{Config: &set.Config, Dev: set.Dev, Log: server.NewLog(c.Stderr, quiet)}
	store, err := openStores(c.Soft, set)
	if err != nil {
		return nil, inUse(err, "accounts")
	}
	own := &ownDesk{store: store}
	if section.URL == "" {
		section.at(set.LocalURL())
	}
	own.blobs, err = openBlobs(c.Soft, site, *files)
	if err == nil {
		own.accounts = &accounts{config: section, site: site, store: store.accounts, common: alone()}
		err = own.makeLive(&post{Sender: nowhere{slog.New(slog.DiscardHandler)}}, own.blobs)
	}
	if err == nil {
		err = own.gate.Seed(c.Soft, section.app())
	}
	if err == nil && severalNodes(set) {
		own.join(c.Soft, set)
	}
	if err != nil {
		own.accounts = nil // half made
		return nil, errors.Join(err, own.closeDesk())
	}
	return own, nil
}

// An ownDesk is accounts without a server.
type ownDesk struct {
	*accounts
	store io.Closer
	blobs *blobs
	nodes *madang.Hub // which the other nodes hear; nil: there are none
}

// join makes the command a node for a moment, so that the others hear at once what it has ended and whose rights it has changed.
// What it does stands without that, too.
func (o *ownDesk) join(ctx context.Context, set *server.Settings) {
	var err error
	if o.nodes, err = joinNodes(ctx, set, madang.Config{Retention: o.Retain, Log: o.site.Log}); err == nil {
		err = errors.Join(o.gate.Start(ctx, o.nodes), o.live.Start(ctx, o.nodes))
	}
	if err != nil {
		o.site.Log.ErrorContext(ctx, "the nodes cannot be told what this command does; they find it out by themselves within a minute", "error", err)
	}
}

// joinNodes returns a hub that nobody connects to, among those of the servers.
func joinNodes(ctx context.Context, set *server.Settings, config madang.Config) (*madang.Hub, error) {
	c, err := server.SectionOf[redis.Config](set)
	if err != nil {
		return nil, err
	}
	b, err := redis.Open(ctx, *c, redis.Options{Log: config.Log})
	if err != nil {
		return nil, err
	}
	config.Broker, config.Presence = b, b
	hub := madang.New(config)
	if err := hub.Start(ctx); err != nil {
		return nil, errors.Join(err, hub.Close())
	}
	return hub, nil
}

// closeDesk closes what is open.
func (o *ownDesk) closeDesk() error {
	var errs []error
	if o.accounts != nil {
		errs = append(errs, o.accounts.Close())
	}
	if o.nodes != nil {
		errs = append(errs, o.nodes.Close())
	}
	if o.blobs != nil {
		errs = append(errs, o.blobs.Close())
	}
	return errors.Join(append(errs, o.store.Close())...)
}

// print writes a result: as JSON, or as people read it.
func (d *desk) print(v any, people func(w io.Writer)) error {
	if d.json {
		e := json.NewEncoder(d.context.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(v)
	}
	w := tabwriter.NewWriter(d.context.Stdout, 0, 8, 2, ' ', 0)
	people(w)
	return w.Flush()
}

// row writes a row of a table. What is in it may have been typed by anybody: nothing of it moves the cursor.
func row(w io.Writer, cells ...string) {
	for i, c := range cells {
		cells[i] = harmless(c)
	}
	fmt.Fprintln(w, strings.Join(cells, "\t"))
}

// harmless is a text without what a terminal obeys.
func harmless(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '?'
		}
		return r
	}, s)
}

func when(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04")
}

func dash(all []string) string {
	if len(all) == 0 {
		return "-"
	}
	return strings.Join(all, ", ")
}
