package standard

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"madang"
	"madang/device"
	"madang/device/link"
	"madang/device/simulate"
	"madang/internal/config"
	"madang/internal/terminal"
	"madang/server"
	"madang/server/cli"
)

// simulation is the command with one subcommand for each thing that can be simulated.
type simulation struct {
	Home simulateHome `cmd:"" help:"Run a home of ten devices, and show the code by which you pair with it."`
}

// simulatedSerial is what the simulated home is called unless it is told otherwise.
const simulatedSerial = "simulated-home"

// simulateHome is the command "simulate home".
type simulateHome struct {
	Server  string `help:"Address of the server. Default: the one of this machine, at which the home makes itself known." placeholder:"URL"`
	Serial  string `help:"Serial of the hub. Default: simulated-home, or that of the box in which the server runs." placeholder:"SERIAL"`
	Secret  string `help:"Secret of the hub at another server. Better in the environment, as MADANG_HUB_SECRET: everybody on the machine can read command lines." placeholder:"SECRET"`
	Seed    uint64 `help:"What happens by chance is the same for the same seed. Default: another one each time." placeholder:"N"`
	Verbose bool   `short:"v" help:"Show everything that devices report."`
	DataDir string `help:"Data directory of the server of this machine, in development mode." placeholder:"DIR"`
}

// Run runs a home until it is stopped.
func (s *simulateHome) Run(c *cli.Context) error {
	where, secret, err := s.find(c)
	if err != nil {
		return err
	}
	if s.Seed == 0 {
		s.Seed = rand.Uint64()
	}
	screen := &simulate.Terminal{
		Out: c.Stdout, Language: simulate.LanguageOf(c.Env), Color: colours(c), Verbose: s.Verbose,
	}
	house := simulate.Build(simulate.Config{Seed: s.Seed, Name: screen.Language.Name}, screen)
	to, err := link.New(link.Config{URL: where.Server, Serial: where.Serial, Secret: config.Secret(secret)}, link.Deps{
		Home: house, Dial: dialHub(where.Server, http.DefaultClient), Log: slog.New(slog.DiscardHandler),
		Status: func(st link.Status) {
			screen.Status(st, errors.Is(st.Err, madang.ErrUnauthenticated) || errors.Is(st.Err, madang.ErrNotFound))
		},
	})
	if err != nil {
		return cli.Usage(err)
	}
	where.Keys = terminal.Is(c.Stdin)
	screen.Welcome(where)
	if where.Keys {
		go buttons(c.Stdin, house, screen)
	}
	if err := to.Start(c.Soft); err != nil {
		return err
	}
	house.Live(c.Soft)
	return to.Close()
}

// find returns the server and the hub there, which the home makes known if the server is of this machine.
func (s *simulateHome) find(c *cli.Context) (where simulate.Where, secret string, err error) {
	where = simulate.Where{Server: strings.TrimSuffix(s.Server, "/"), Serial: s.Serial}
	if secret = s.Secret; secret == "" {
		secret = environment(c.Env, "MADANG_HUB_SECRET")
	}
	if where.Server != "" && secret == "" && !ofThisMachine(where.Server) {
		return where, "", cli.Usage(errors.New("--server needs the hub's secret there, as MADANG_HUB_SECRET in the environment; " +
			"who runs that server makes it: " + c.Assembly.Name + " hub add " + simulatedSerial))
	}
	if where.Server != "" && secret != "" {
		where.Serial = cmp.Or(where.Serial, simulatedSerial)
		return where, secret, nil
	}
	set, err := c.Load(server.Flag{Name: "--data-dir", Key: "data_dir", Value: s.DataDir})
	if err != nil {
		return where, "", err
	}
	section, err := server.SectionOf[Device](set)
	if err != nil {
		return where, "", err
	}
	where.Server, where.AtHome = cmp.Or(where.Server, set.LocalURL()), section.atHome()
	if where.AtHome {
		where.Serial = cmp.Or(where.Serial, section.Home.Serial)
	}
	where.Serial = cmp.Or(where.Serial, simulatedSerial)
	if err := device.CheckSerial(where.Serial); err != nil {
		return where, "", cli.Usage(fmt.Errorf("--serial: %w", err))
	}
	if secret != "" {
		return where, secret, nil
	}
	name := simulate.LanguageOf(c.Env).House()
	hub, err := addHub(c, commandFlags{DataDir: s.DataDir}, where.Serial, name)
	return where, hub.Secret, err
}

// ofThisMachine reports whether an address is one at which only this machine listens.
func ofThisMachine(server string) bool {
	u, err := url.Parse(server)
	if err != nil {
		return false
	}
	from, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && from.IsLoopback()
}

// buttons presses the button on the box for each line that is typed.
func buttons(from io.Reader, house *simulate.House, screen *simulate.Terminal) {
	for {
		if _, err := terminal.Line(from); err != nil {
			return
		}
		house.Press()
		screen.Pressed()
	}
}

// colours reports whether who reads the output wants colours: see no-color.org.
func colours(c *cli.Context) bool {
	out, ok := c.Stdout.(*os.File)
	return ok && terminal.Is(out) && environment(c.Env, "NO_COLOR") == "" && environment(c.Env, "TERM") != "dumb"
}

func environment(env []string, name string) string {
	for _, e := range env {
		if value, ok := strings.CutPrefix(e, name+"="); ok {
			return value
		}
	}
	return ""
}
