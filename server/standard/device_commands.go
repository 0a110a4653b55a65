package standard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"

	"madang/account/operator"
	"madang/device"
	"madang/device/pairing"
	"madang/internal/terminal"
	"madang/server"
	"madang/server/cli"
)

// hubs are the commands about hubs.
type hubs struct {
	Add    addHubs    `cmd:"" help:"Make a hub known, and print its secret, once. One that is known gets a new secret and keeps everything else."`
	List   listHubs   `cmd:"" help:"List hubs."`
	Remove removeHubs `cmd:"" help:"Forget a hub, its devices and whoever has paired with it. Its connections end."`
	Key    keyOfHub   `cmd:"" help:"Have a hub prove itself by a key of its own, of which only the public half is known here."`
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
			row(w, "SERIAL", "NAME", "ONLINE", "SEEN", "PLACE", "KEY")
			for _, h := range all {
				seen := "-"
				if !h.SeenAt.IsZero() {
					seen = when(&h.SeenAt)
				}
				row(w, h.Serial, h.Name, yes(h.Online), seen, dash(strings.Fields(h.Place)), yes(h.Key))
			}
		})
	})
}

func yes(b bool) string { return map[bool]string{true: "yes", false: "no"}[b] }

type removeHubs struct {
	commandFlags
	oneHub
	Yes bool `help:"Do not ask."`
}

// Run removes a hub, when it is sure.
func (x *removeHubs) Run(c *cli.Context) error {
	if !x.Yes && !terminal.Is(c.Stdin) {
		return cli.Usage(errors.New("nobody is here to be asked whether this is meant; give --yes"))
	}
	if !x.Yes {
		fmt.Fprintf(c.Stderr, "Forget the hub %s, its devices and who has paired with it? Type yes: ", harmless(x.Serial))
		if said, err := terminal.Line(c.Stdin); err != nil || strings.TrimSpace(said) != "yes" {
			return errors.New("nothing was removed")
		}
	}
	return x.one(c, x.commandFlags, "hub remove", http.MethodDelete, "", nil, "removed")
}

// one does something about a hub and prints what came of it.
func (o oneHub) one(c *cli.Context, f commandFlags, command, method, path string, in any, what string) error {
	return f.hubs(c, command, func(ctx context.Context, client *operator.Client) error {
		var h hubRow
		if err := client.Do(ctx, method, hubsPath+operator.Path(o.Serial)+path, in, &h); err != nil {
			return err
		}
		d := &desk{context: c, json: f.JSON}
		return d.print(h, func(w io.Writer) { row(w, what, h.Serial) })
	})
}

type keyOfHub struct {
	commandFlags
	oneHub
	File string `arg:"" help:"File with the public key, in PEM: Ed25519 or ECDSA on P-256."`
	Name string `help:"What people call the hub." placeholder:"NAME"`
}

// maxKeyFile is how long a public key may be in a file, in bytes.
const maxKeyFile = 16 << 10

// Run takes the key.
func (k *keyOfHub) Run(c *cli.Context) error {
	f, err := os.Open(k.File)
	if err != nil {
		return fmt.Errorf("read the public key: %w", err)
	}
	pem, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("read the public key: %w", err)
	}
	return k.one(c, k.commandFlags, "hub key", http.MethodPut, "/key", hubWish{Name: k.Name, Key: string(pem)}, "key of")
}

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
	if err := set.Prepare(); err != nil {
		return hubOperator{}, nil, err
	}
	key, err := deviceKey(section, set.DataDir)
	if err != nil {
		return hubOperator{}, nil, err
	}
	store, err := openStores(c.Soft, set)
	if err != nil {
		return hubOperator{}, nil, inUse(err, "devices")
	}
	log := slog.New(slog.DiscardHandler)
	pairs, err := pairing.New(section.Config.Pairing, key, store.devices, quiet{}, pairing.WithLog(log))
	if err != nil {
		return hubOperator{}, nil, errors.Join(err, store.Close())
	}
	rules, err := device.New(section.Config.Device, device.Deps{Store: store.devices, Pairing: pairs, Outlet: quiet{}, Sign: unsigned, Log: log})
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
