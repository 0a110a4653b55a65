package sqlite_test

import (
	"testing"

	"madang/device"
	"madang/device/devicetest"
	"madang/device/pairing"
	"madang/store/memory"
	"madang/store/sqlite"
)

func TestDevices(t *testing.T) {
	devicetest.Run(t, func(t *testing.T) device.Store { return open(t, config(t)).Devices() })
}

func TestPairings(t *testing.T) {
	devicetest.Pairing(t, func(t *testing.T) pairing.Store { return open(t, config(t)).Devices() })
}

// fast opens a database that does not wait for the disk: what survives a power cut is tested elsewhere.
func fast(t *testing.T) sqlite.Devices {
	c := config(t)
	c.Sync, c.Path = "normal", t.TempDir()+"/madang.db"
	s, err := sqlite.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s.Devices()
}

func TestPairingsLikeTheReference(t *testing.T) {
	devicetest.ComparePairing(t, func(t *testing.T) (a, b pairing.Store) { return fast(t), memory.NewDevices() })
}

func TestDevicesLikeTheReference(t *testing.T) {
	devicetest.Compare(t, func(t *testing.T) (a, b device.Store) { return fast(t), memory.NewDevices() })
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
