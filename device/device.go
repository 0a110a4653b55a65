package device

import (
	"fmt"
	"maps"
	"time"
)

// MaxDevices is how many devices a hub may have.
const MaxDevices = 256

// maxCapabilities is how many one device may name.
const maxCapabilities = 8

// A Device is something behind a hub.
type Device struct {
	App          string
	Hub          string // serial
	ID           string // unique at the hub
	Name         string
	Capabilities []Capability
	// Reported is what the device said of itself last, and Version the hub's number of that report: it only grows.
	Reported Values
	Version  int64
	// Desired is what is wished of it by commands that have not ended.
	Desired    map[string]Wish
	ReportedAt time.Time // zero: never
	Rev        int64     // see Store; also what who commands can say they have seen
}

// A Wish is what a property should be.
type Wish struct {
	Value   any
	Command string // that wishes it
}

// Validate reports, as ErrInvalid, what no hub may say it has.
func (d Device) Validate() error {
	if err := CheckSerial(d.ID); err != nil {
		return fmt.Errorf("device: %w", err)
	}
	if err := checkName(d.Name); err != nil {
		return fmt.Errorf("device %s: %w", d.ID, err)
	}
	if n := len(d.Capabilities); n == 0 || n > maxCapabilities {
		return fmt.Errorf("device %s has %d capabilities, 1 to %d are allowed: %w", d.ID, n, maxCapabilities, ErrInvalid)
	}
	for _, c := range d.Capabilities {
		if !c.Valid() {
			return fmt.Errorf("device %s: there is no capability %.40q: %w", d.ID, c, ErrInvalid)
		}
	}
	if err := d.Reported.Validate(); err != nil {
		return fmt.Errorf("device %s: %w", d.ID, err)
	}
	return nil
}

// wish returns the device with a command's wishes, in place of older ones.
func (d Device) wish(c Command) Device {
	d.Desired = maps.Clone(d.Desired)
	if d.Desired == nil {
		d.Desired = map[string]Wish{}
	}
	for name, value := range c.Set {
		d.Desired[name] = Wish{value, c.ID}
	}
	return d
}

// forget returns the device without the wishes of a command that has ended, and whether there were any.
func (d Device) forget(command string) (Device, bool) {
	n := len(d.Desired)
	d.Desired = maps.Clone(d.Desired)
	maps.DeleteFunc(d.Desired, func(_ string, w Wish) bool { return w.Command == command })
	return d, len(d.Desired) < n
}

// report returns the device with what the hub reports of it, and whether that is news: an older version is none. What is not
// in the report stays as it was.
func (d Device) report(v Values, version int64, at time.Time) (Device, bool) {
	if version <= d.Version {
		return d, false
	}
	all := maps.Clone(d.Reported)
	if all == nil {
		all = Values{}
	}
	maps.Copy(all, v)
	d.Reported, d.Version, d.ReportedAt = all, version, at
	return d, true
}
