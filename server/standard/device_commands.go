package standard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"madang/account/operator"
	"madang/device"
	"madang/device/pairing"
	"madang/server"
	"madang/server/cli"
	"madang/store/sqlite"
)

// hubs are the commands about hubs.
type hubs struct {
	Add  addHubs  `cmd:"" help:"Make a hub known, and print its secret, once. One that is known gets a new secret and keeps everything else."`
	List listHubs `cmd:"" help:"List hubs."`
}

// oneHub is the argument of commands about one hub.
type oneHub struct {
	Serial string `arg:"" help:"Serial of the hub, such as SN-0001."`
}

type addHubs struct {
	commandFlags
	oneHub
	Name string `help:"What people call it." placeholder:"NAME"`
}

// Run adds a hub.
func (a *addHubs) Run(c *cli.Context) error {
	row, err := addHub(c, a.commandFlags, a.Serial, a.Name)
	if err != nil {
		return err
	}
	d := &desk{context: c, json: a.JSON}
	return d.print(row, func(w io.Writer) {
		fmt.Fprintf(w, "serial\t%s\nname\t%s\nsecret\t%s\n", harmless(row.Serial), harmless(row.Name), row.Secret)
		fmt.Fprintf(w, "token\t%s:%s\n", harmless(row.Serial), row.Secret)
	})
}

// addHub makes a hub known to the server of a data directory, running or not, and returns it with its new secret.
func addHub(c *cli.Context, f commandFlags, serial, name string) (row hubRow, err error) {
	err = f.hubs(c, "hub add", func(ctx context.Context, d *operator.Client) error {
		return d.Do(ctx, http.MethodPost, hubsPath, hubWish{Serial: serial, Name: name}, &row)
	})
	return row, err
}

type listHubs struct{ commandFlags }

// Run lists hubs.
func (l *listHubs) Run(c *cli.Context) error {
	return l.hubs(c, "hub list", func(ctx context.Context, client *operator.Client) error {
		all, err := hubsOf(ctx, client)
		if err != nil {
			return err
		}
		d := &desk{context: c, json: l.JSON}
		return d.print(all, func(w io.Writer) {
			row(w, "SERIAL", "NAME", "ONLINE", "SEEN", "PLACE")
			for _, h := range all {
				seen := "-"
				if !h.SeenAt.IsZero() {
					seen = when(&h.SeenAt)
				}
				row(w, h.Serial, h.Name, yes(h.Online), seen, dash(strings.Fields(h.Place)))
			}
		})
	})
}

func yes(b bool) string { return map[bool]string{true: "yes", false: "no"}[b] }

// hubs runs a command about hubs: it asks the server that runs with the data directory, or does without one.
func (f commandFlags) hubs(c *cli.Context, command string, do func(context.Context, *operator.Client) error) (err error) {
	set, err := c.Load(server.Flag{Name: "--data-dir", Key: "data_dir", Value: f.DataDir})
	if err != nil {
		return err
	}
	c.Warn(set)
	section, err := server.SectionOf[Device](set)
	if err != nil {
		return err
	}
	if !section.Enabled {
		return cli.Usage(errors.New("this server has no devices; turn them on with device.enabled"))
	}
	client, err := operator.Dial(c.Soft, set.DataDir)
	if err != nil {
		return err
	}
	if client == nil {
		own, closeIt, err := openHubs(c, set, section)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, closeIt()) }()
		client = operator.Direct(own)
	}
	return do(c.Soft, client.As(c.Assembly.Name+" "+command))
}

// openHubs opens the store and the rules of hubs, without a server.
func openHubs(c *cli.Context, set *server.Settings, section *Device) (hubOperator, func() error, error) {
	db, err := server.SectionOf[sqlite.Config](set)
	if err != nil {
		return hubOperator{}, nil, err
	}
	if err := set.Prepare(); err != nil {
		return hubOperator{}, nil, err
	}
	key, err := deviceKey(section, set.DataDir)
	if err != nil {
		return hubOperator{}, nil, err
	}
	store, err := sqlite.Open(c.Soft, *db)
	if errors.Is(err, sqlite.ErrInUse) {
		return hubOperator{}, nil, fmt.Errorf("%w; if that server has just been started, try again, and if it was started without devices, restart it", err)
	}
	if err != nil {
		return hubOperator{}, nil, err
	}
	log := slog.New(slog.DiscardHandler)
	pairs, err := pairing.New(section.Config.Pairing, key, store.Devices(), quiet{}, pairing.WithLog(log))
	if err != nil {
		return hubOperator{}, nil, errors.Join(err, store.Close())
	}
	rules, err := device.New(section.Config.Device, device.Deps{Store: store.Devices(), Pairing: pairs, Outlet: quiet{}, Sign: unsigned, Log: log})
	if err != nil {
		return hubOperator{}, nil, errors.Join(err, store.Close())
	}
	return hubOperator{rules, section.app}, store.Close, nil
}

// unsigned signs nothing: commands pair nobody.
func unsigned(context.Context, device.Claims) (string, error) {
	return "", errors.New("a command signs no tokens")
}

// quiet is who is connected where no server runs: nobody.
type quiet struct{}

var (
	_ device.Outlet  = quiet{}
	_ pairing.Screen = quiet{}
)

// Deliver implements device.Outlet.
func (quiet) Deliver(context.Context, device.Command) error { return device.ErrAway }

// Ended implements device.Outlet.
func (quiet) Ended(context.Context, device.Ended) {}

// PlaceChanged implements device.Outlet.
func (quiet) PlaceChanged(context.Context, device.Place) {}

// HubChanged implements device.Outlet.
func (quiet) HubChanged(context.Context, device.Hub) {}

// DeviceChanged implements device.Outlet.
func (quiet) DeviceChanged(context.Context, string, device.Device) {}

// CommandChanged implements device.Outlet.
func (quiet) CommandChanged(context.Context, string, device.Command) {}

// Show implements pairing.Screen.
func (quiet) Show(context.Context, pairing.Hub, pairing.Prompt) error { return pairing.ErrNoDisplay }

// Clear implements pairing.Screen.
func (quiet) Clear(context.Context, pairing.Hub, string, pairing.End) {}

// Alarm implements pairing.Screen.
func (quiet) Alarm(context.Context, pairing.Hub) {}
