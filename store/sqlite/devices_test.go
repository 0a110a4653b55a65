package sqlite_test

import (
	"os"
	"testing"

	"madang/device"
	"madang/device/devicetest"
	"madang/device/oauth"
	"madang/device/pairing"
	"madang/internal/sqlstore"
	"madang/store/memory"
)

func TestDevices(t *testing.T) {
	devicetest.Run(t, func(t *testing.T) device.Store { return open(t, config(t)).Devices() })
}

func TestPairings(t *testing.T) {
	devicetest.Pairing(t, func(t *testing.T) pairing.Store { return open(t, config(t)).Devices() })
}

func TestGrants(t *testing.T) {
	devicetest.Grants(t, func(t *testing.T) oauth.Store { return open(t, config(t)).Devices() })
}

// many returns what opens many databases: copies of one that is made once, because making its tables is what takes long. They
// do not wait for the disk: what survives a power cut is tested elsewhere.
func many(t *testing.T) func(*testing.T) sqlstore.Devices {
	c := config(t)
	c.Sync = "normal"
	if err := open(t, c).Close(); err != nil {
		t.Fatal(err)
	}
	empty, err := os.ReadFile(c.Path)
	if err != nil {
		t.Fatal(err)
	}
	return func(t *testing.T) sqlstore.Devices {
		t.Helper()
		c := c
		c.Path = t.TempDir() + "/madang.db"
		if err := os.WriteFile(c.Path, empty, 0o600); err != nil {
			t.Fatal(err)
		}
		return open(t, c).Devices()
	}
}

func TestPairingsLikeTheReference(t *testing.T) {
	fresh := many(t)
	devicetest.ComparePairing(t, func(t *testing.T) (a, b pairing.Store) { return fresh(t), memory.NewDevices() })
}

func TestDevicesLikeTheReference(t *testing.T) {
	fresh := many(t)
	devicetest.Compare(t, func(t *testing.T) (a, b device.Store) { return fresh(t), memory.NewDevices() })
}

// What has been decided stays decided when the server comes back: a code that was redeemed, a hub that is locked, a command.
func TestDevicesAfterRestart(t *testing.T) {
	c := config(t)
	s := open(t, c)
	d := s.Devices()
	box := pairing.Hub{App: "shop", ID: "SN-1"}
	for _, err := range []error{
		d.SavePairing(t.Context(), pairing.State{Hub: box, Locked: true, Failed: 3}),
		d.Save(t.Context(), device.Change{Commands: []device.Command{{App: "shop", ID: "c1", Hub: "SN-1", State: device.Queued}}}),
		s.Close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	d = open(t, c).Devices()
	state, err := d.Pairing(t.Context(), box)
	if err != nil || !state.Locked || state.Failed != 3 || state.Rev != 1 {
		t.Errorf("%+v, %v", state, err)
	}
	all, err := d.OpenCommands(t.Context(), "shop", "SN-1")
	if err != nil || len(all) != 1 || all[0].ID != "c1" {
		t.Errorf("%+v, %v", all, err)
	}
}
