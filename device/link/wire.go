package link

import (
	"time"

	"madang/device"
)

// The procedures that a hub calls, and the events that it hears; see package relay.
const (
	callHello    = "device.hello"
	callReport   = "device.report"
	callAnswer   = "device.answer"
	callPress    = "device.press"
	callWithdraw = "device.withdraw"

	eventCommand = "command"
	eventShown   = "pairing.shown"
	eventCode    = "code"
	eventCleared = "pairing.cleared"
	eventAlarm   = "pairing.alarm"
)

// Events returns the names of the events that a Dial has to hand on.
func Events() []string {
	return []string{eventCommand, eventShown, eventCode, eventCleared, eventAlarm}
}

type (
	hello struct {
		Devices []thing `json:"devices"`
	}
	thing struct {
		ID           string              `json:"id"`
		Name         string              `json:"name"`
		Capabilities []device.Capability `json:"capabilities"`
		Reported     device.Values       `json:"reported"`
		Version      int64               `json:"version"`
	}
	report struct {
		Device  string        `json:"device"`
		Values  device.Values `json:"values"`
		Version int64         `json:"version"`
	}
	answer struct {
		Command string `json:"command"`
		Done    bool   `json:"done"`
		Note    string `json:"note,omitempty"`
		late    bool   // its time was over: nobody needs to be told
	}
	delivery struct {
		ID        string        `json:"id"`
		Device    string        `json:"device"`
		Set       device.Values `json:"set"`
		ExpiresIn int64         `json:"expires_in_ms"`
		Now       time.Time     `json:"now"` // when the cloud sent it
	}
	welcome struct {
		Now time.Time `json:"now"`
	}
	shown struct {
		ID        string `json:"id"`
		Who       string `json:"who"`
		From      string `json:"from"`
		ExpiresIn int64  `json:"expires_in_ms"`
	}
	cleared struct {
		ID  string `json:"id"`
		Why string `json:"why"`
	}
	nothing struct{}
)

func thingOf(d device.Device) thing {
	t := thing{ID: d.ID, Name: d.Name, Capabilities: d.Capabilities, Reported: d.Reported, Version: d.Version}
	if t.Reported == nil {
		t.Reported = device.Values{}
	}
	return t
}

// most bounds what a cloud can ask for in time.
const most = 24 * time.Hour

// milliseconds is a number of them as a duration, from none to most.
func milliseconds(n int64) time.Duration {
	return time.Duration(max(0, min(n, most.Milliseconds()))) * time.Millisecond
}
