package standard

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"madang/device/home"
	"madang/device/link"
	"madang/device/oauth"
	"madang/device/pairing"
	"madang/device/relay"
	"madang/device/rest"
	"madang/dialect/socketio"
	"madang/server"
)

// Device are the settings of devices at home.
type Device struct {
	// Enabled lets boxes at home connect, and people pair with them. In development mode it does.
	Enabled bool `yaml:"enabled"`

	relay.Config `yaml:",inline"`
	Home         home.Config `yaml:",inline"`

	REST rest.Config `yaml:"rest" doc:"Devices by HTTP, below /v1."`

	OAuth oauth.Config `yaml:"oauth" doc:"Hubs that speak OAuth and ask for somebody's consent (RFC 8628)."`

	// DisplayToken is a text of at least 16 characters by which the box's display proves itself in home mode, wherever it
	// connects from. Empty: by its address alone.
	DisplayToken server.Secret `yaml:"display_token"`
	// Key makes what is kept of codes useless to whoever reads the store, and seals the keys that sign tokens where there are no
	// accounts. It has at least 32 characters; make one with "openssl rand -hex 32". Several nodes need the same. Empty: one node
	// makes it by itself, in the file device.key of the data directory.
	Key server.Secret `yaml:"key"`
	// Link makes the box, in home mode, a hub of another server, so that people can command it from outside.
	Link link.Config `yaml:"link"`

	app string
}

func deviceDefaults() Device {
	return Device{Config: relay.Defaults(), Home: home.Defaults(), REST: rest.Defaults(), OAuth: oauth.Defaults()}
}

// devicesOn lets developers have devices.
func devicesOn(c *Device) { c.Enabled = true }

// deriveDevices puts hubs into the first app.
func deriveDevices(base *server.Config, c *Device) error {
	return errors.Join(firstApp(base, &c.app), firstApp(base, &c.REST.App), firstApp(base, &c.OAuth.App))
}

// minDisplayToken is how many characters a display's token has at least.
const minDisplayToken = 16

// Validate reports what cannot work.
func (c *Device) Validate() error {
	if !c.Enabled {
		return nil
	}
	errs := append(plain(c.Config.Validate()), plain(c.Home.Validate())...)
	for _, err := range plain(c.REST.Validate()) {
		errs = append(errs, fmt.Errorf("rest: %w", err))
	}
	consent := c.OAuth
	consent.URL = cmp.Or(consent.URL, "http://127.0.0.1") // that of accounts, if it is not set
	for _, err := range plain(consent.Validate()) {
		errs = append(errs, fmt.Errorf("oauth: %w", err))
	}
	errs = append(errs, plain(c.Link.Validate())...)
	if c.Link.On() && c.Home.Mode != home.Home {
		errs = append(errs, errors.New("link.url: is for mode home; in the cloud boxes link themselves to this server"))
	}
	if c.DisplayToken != "" && len(c.DisplayToken) < minDisplayToken {
		errs = append(errs, fmt.Errorf(`display_token: has %d characters and needs at least %d; make one with "openssl rand -hex 16"`,
			len(c.DisplayToken), minDisplayToken))
	}
	if c.DisplayToken != "" && c.Home.Mode != home.Home {
		errs = append(errs, errors.New("display_token: is for mode home; in the cloud a display shows the serial and secret of its hub"))
	}
	if c.Key != "" && len(c.Key) < pairing.MinKey {
		errs = append(errs, fmt.Errorf(`key: has %d characters and needs at least %d; make one with "openssl rand -hex 32"`, len(c.Key), pairing.MinKey))
	}
	return joined(errs)
}

// joined is a list of what is wrong in which every line names the section.
func joined(errs []error) error {
	for i := 1; i < len(errs); i++ {
		errs[i] = fmt.Errorf("device: %w", errs[i])
	}
	return errors.Join(errs...)
}

// atHome reports whether the server runs in a box at home.
func (c *Device) atHome() bool { return c.Enabled && c.Home.Mode == home.Home }

// plain takes apart what is wrong, and the names of packages off: the settings are all in one section.
func plain(err error) (all []error) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			all = append(all, plain(e)...)
		}
		return all
	}
	if err == nil {
		return nil
	}
	text := err.Error()
	for _, name := range []string{"device: ", "home: ", "device/rest: ", "oauth: "} {
		text = strings.TrimPrefix(text, name)
	}
	return []error{errors.New(text)}
}

// checkDevices finds what is wrong between sections, and fills in what follows for others.
func checkDevices(set *server.Settings) error {
	c, err := server.SectionOf[Device](set)
	if err != nil || !c.Enabled {
		return err
	}
	if c.atHome() && len(set.TrustedProxies) == 0 {
		// Whoever comes through a proxy in the box must not pass for its display.
		set.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}
	io, err := server.SectionOf[socketio.Config](set)
	if err != nil {
		return err
	}
	if len(c.Home.Origins) > 0 && len(io.CORS.Origins) == 0 { // their pages connect, too
		io.CORS.Origins, io.CORS.Credentials = c.Home.Origins, true
	}
	if set.Redis.URL != "" && c.Key == "" {
		return errors.New(`device.key: several nodes need the same one; make it with "openssl rand -hex 32"`)
	}
	return nil
}

// keyFile holds the key that a server has made itself, in the data directory.
const keyFile = "device.key"

// deviceKey returns the key that is configured, or the one of the data directory, which is made if there is none.
func deviceKey(c *Device, folder string) ([]byte, error) {
	if c.Key != "" {
		return []byte(c.Key), nil
	}
	name := filepath.Join(folder, keyFile)
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		b, err = makeKey(name)
	}
	if err != nil {
		return nil, fmt.Errorf("device: the key of codes: %w", err)
	}
	key := strings.TrimSpace(string(b))
	if len(key) < pairing.MinKey {
		return nil, fmt.Errorf("device: %s is damaged: it holds %d characters and should have at least %d; put it back from a backup, or remove it "+
			"and have everybody pair again", name, len(key), pairing.MinKey)
	}
	return []byte(key), nil
}

// makeKey writes a new key for its owner alone. The file is there whole or not at all.
func makeKey(name string) ([]byte, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(name), keyFile+"-*") // readable for its owner alone
	if err != nil {
		return nil, err
	}
	raw := make([]byte, pairing.MinKey)
	_, _ = rand.Read(raw) // never fails
	key := []byte(hex.EncodeToString(raw))
	_, err = f.Write(append(key, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(f.Name()))
	}
	return key, nil
}
