package relay

import (
	"encoding/json"
	"fmt"
	"time"

	"madang"
	"madang/device"
)

// What clients are given. Times are RFC 3339 in UTC.
type (
	// A PlaceView is a place.
	PlaceView struct {
		ID      string       `json:"id"`
		Name    string       `json:"name"`
		Members []MemberView `json:"members"`
		Hubs    []HubView    `json:"hubs,omitempty"`
	}
	// A MemberView is somebody in a place.
	MemberView struct {
		Person string      `json:"person"`
		Name   string      `json:"name"`
		Role   device.Role `json:"role"`
	}
	// A HubView is a box.
	HubView struct {
		Serial  string       `json:"serial"`
		Name    string       `json:"name"`
		Place   string       `json:"place"`
		Online  bool         `json:"online"`
		SeenAt  time.Time    `json:"seen_at"`
		Devices []DeviceView `json:"devices,omitempty"`
		// Commands are those that have not ended, where a hub is shown with its devices.
		Commands []CommandView `json:"commands,omitempty"`
		// What the hub's own display is told beside.
		PlaceName string `json:"place_name,omitempty"`
		Locked    bool   `json:"locked,omitempty"` // until the button is pressed no code is shown
	}
	// A DeviceView is something behind a box. What is desired is what commands that have not ended wish for.
	DeviceView struct {
		Hub          string              `json:"hub"`
		ID           string              `json:"id"`
		Name         string              `json:"name"`
		Capabilities []device.Capability `json:"capabilities"`
		Reported     device.Values       `json:"reported"`
		Version      int64               `json:"version"`
		Desired      device.Values       `json:"desired"`
		Rev          int64               `json:"rev"`
	}
	// A CommandView is a command.
	CommandView struct {
		ID        string              `json:"id"`
		Hub       string              `json:"hub"`
		Device    string              `json:"device"`
		Person    string              `json:"person"`
		Set       device.Values       `json:"set"`
		State     device.CommandState `json:"state"`
		Note      string              `json:"note,omitempty"`
		CreatedAt time.Time           `json:"created_at"`
		// ExpiresAt is when it ends by itself: until when it waits for its hub, or for the hub's answer. When it has ended, when
		// that was.
		ExpiresAt time.Time `json:"expires_at"`
	}
	// A Delivery is a command as its hub gets it.
	Delivery struct {
		ID        string        `json:"id"`
		Device    string        `json:"device"`
		Set       device.Values `json:"set"`
		ExpiresIn int64         `json:"expires_in_ms"` // from Now on
		// Now is the server's time when it was sent. Who knows how far their own clock is from the server's, by what comes without
		// delay, finds out by it how long this was held up on its way: it must not be carried out when it has expired meanwhile.
		Now time.Time `json:"now"`
	}
	// A ShownView is what a display is told beside the code itself.
	ShownView struct {
		ID        string `json:"id"`
		Who       string `json:"who"`
		From      string `json:"from"`
		ExpiresIn int64  `json:"expires_in_ms"`
	}
	// A ClearedView says that a code is to be shown no longer.
	ClearedView struct {
		ID  string `json:"id"`
		Why string `json:"why"`
	}
)

// ViewPlace returns what clients are given of a place.
func ViewPlace(p device.Place) PlaceView {
	v := PlaceView{ID: p.ID, Name: p.Name, Members: []MemberView{}}
	for _, m := range p.Members {
		v.Members = append(v.Members, MemberView{m.Person, m.Name, m.Role})
	}
	return v
}

// ViewHub returns what clients are given of a box, without what is behind it.
func ViewHub(h device.Hub) HubView {
	return HubView{Serial: h.Serial, Name: h.Name, Place: h.Place, Online: h.Online(), SeenAt: h.SeenAt}
}

// ViewDevice returns what clients are given of a device.
func ViewDevice(d device.Device) DeviceView {
	v := DeviceView{
		Hub: d.Hub, ID: d.ID, Name: d.Name, Capabilities: d.Capabilities, Reported: d.Reported, Version: d.Version, Desired: device.Values{}, Rev: d.Rev,
	}
	for name, w := range d.Desired {
		v.Desired[name] = w.Value
	}
	return v
}

// ViewCommand returns what clients are given of a command.
func ViewCommand(c device.Command) CommandView {
	return CommandView{
		ID: c.ID, Hub: c.Hub, Device: c.Device, Person: c.Person, Set: c.Set, State: c.State, Note: c.Note, CreatedAt: c.CreatedAt,
		ExpiresAt: c.ExpiresAt,
	}
}

// ViewDelivery returns a command as its hub gets it at a time.
func ViewDelivery(c device.Command, now time.Time) Delivery {
	return Delivery{ID: c.ID, Device: c.Device, Set: c.Set, ExpiresIn: max(0, c.ExpiresAt.Sub(now).Milliseconds()), Now: now.UTC()}
}

// event makes a message of what happened. It is kept nowhere.
func event(to madang.Channel, name string, payload any) *madang.Message {
	return events(name, payload, to)[0]
}

// events makes the same message for several channels.
func events(name string, payload any, to ...madang.Channel) []*madang.Message {
	data, err := json.Marshal(payload)
	if err != nil {
		panic(fmt.Sprintf("relay: %T: %v", payload, err)) // what is made here always has a JSON form
	}
	all := make([]*madang.Message, len(to))
	for i, ch := range to {
		all[i] = &madang.Message{Name: name, Channel: ch, Data: data, Type: madang.JSON, Transient: true}
	}
	return all
}
