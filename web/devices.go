package web

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"maps"
	"net/url"
)

// Devices is what the pages of devices must know of the server before they ask it anything.
type Devices struct {
	// Mode is where the server runs: "home", in the box itself, or "cloud", to which boxes connect.
	Mode string
	// Serial is the box's own, in home mode; empty in the cloud, where people say which box they mean.
	Serial string
	// Format is what the codes of boxes look like: "digits-6" or "base20-8".
	Format string
	// Guest says that people pair by GET /code and POST /codecheck without signing in, as at home.
	Guest bool
}

// devicePages are the files of the pages of devices, by the path at which they are served.
func devicePages() map[string]string {
	return map[string]string{"/home": "/home.html", "/screen": "/screen.html", "/device": "/device.html"}
}

// noDevices stands in every page that wants to know of devices, as long as there are none.
const noDevices = `<meta name="madang-devices" content="">`

// Devices turns the pages of devices on: /home of whoever commands them, /screen of the box, /device of who lets another device in
// by a code (RFC 8628). The chat page leads there, too. It is to be called before the first request.
func (p *Pages) Devices(d Devices) error {
	if d.Mode != "home" && d.Mode != "cloud" {
		return fmt.Errorf("web: devices are at home or in the cloud, not %q", d.Mode)
	}
	known := url.Values{"mode": {d.Mode}}
	if d.Serial != "" {
		known.Set("serial", d.Serial)
	}
	if d.Format != "" {
		known.Set("format", d.Format)
	}
	if d.Guest {
		known.Set("guest", "1")
	}
	meta := `<meta name="madang-devices" content="` + html.EscapeString(known.Encode()) + `">`
	tell := func(name string, f *file) (*file, error) {
		if f == nil || !bytes.Contains(f.body, []byte(noDevices)) {
			return nil, fmt.Errorf("web: the built %s has no place for devices: %w", name, errBuilt)
		}
		return newFile(name, bytes.Replace(f.body, []byte(noDevices), []byte(meta), 1)), nil
	}
	files := map[string]*file{}
	for at, name := range devicePages() {
		f, err := tell(name, p.devices[name])
		if err != nil {
			return err
		}
		files[at] = f
	}
	index, err := tell("/index.html", p.files["/index.html"])
	if err != nil {
		return err
	}
	files["/"], files["/index.html"] = index, index
	maps.Copy(p.files, files)
	return nil
}

// errBuilt says what to do about pages that are not those of this program.
var errBuilt = errors.New("run make ui, then build the program again")
