package rest

import (
	"context"

	"madang/device"
	"madang/device/relay"
)

// NewDevice is a device as its hub says it is.
type NewDevice struct {
	_            struct{}            `additionalProperties:"true"`
	ID           string              `json:"id" minLength:"1" maxLength:"64"`
	Name         string              `json:"name" minLength:"1" maxLength:"128" doc:"For people"`
	Capabilities []device.Capability `json:"capabilities" nullable:"false" minItems:"1" maxItems:"8" doc:"switch, dimmer, thermostat, lock, sensor"`
	Reported     device.Values       `json:"reported,omitempty" doc:"How it is; absent: it has said nothing yet"`
	Version      int64               `json:"version,omitempty" doc:"The hub's own number of what is reported: it only grows"`
}

// Hello is the body of a hub's first request.
type Hello struct {
	_       struct{}    `additionalProperties:"true"`
	Devices []NewDevice `json:"devices" nullable:"false" maxItems:"256" doc:"All of them: those that are missing are gone"`
}

type helloIn struct {
	OfHub
	Body Hello
}

func (a *API) hello(ctx context.Context, in *helloIn) (*none, error) {
	if err := own(ctx, in.Serial); err != nil {
		return nil, err
	}
	list := make([]device.Device, 0, len(in.Body.Devices))
	for _, d := range in.Body.Devices {
		list = append(list, device.Device{ID: d.ID, Name: d.Name, Capabilities: d.Capabilities, Reported: d.Reported, Version: d.Version})
	}
	return done(a.rules.Declare(ctx, a.config.App, in.Serial, list))
}

// Report is the body of a hub's request about a device.
type Report struct {
	_       struct{}      `additionalProperties:"true"`
	Device  string        `json:"device" maxLength:"64"`
	Values  device.Values `json:"values" doc:"What is not here stays as it was"`
	Version int64         `json:"version" doc:"One that is not greater than the last is old news, and changes nothing"`
}

type reportIn struct {
	OfHub
	Body Report
}

func (a *API) report(ctx context.Context, in *reportIn) (*none, error) {
	if err := own(ctx, in.Serial); err != nil {
		return nil, err
	}
	_, err := a.rules.Report(ctx, a.config.App, in.Serial, in.Body.Device, in.Body.Values, in.Body.Version)
	return done(err)
}

// Outcome is the body of a hub's answer to a command.
type Outcome struct {
	_       struct{} `additionalProperties:"true"`
	Command string   `json:"command" maxLength:"64"`
	Done    bool     `json:"done"`
	Note    string   `json:"note,omitempty" maxLength:"200" doc:"Why not"`
}

type answerIn struct {
	OfHub
	Body Outcome
}

func (a *API) answered(ctx context.Context, in *answerIn) (*reply[relay.CommandView], error) {
	if err := own(ctx, in.Serial); err != nil {
		return nil, err
	}
	c, err := a.rules.Answer(ctx, a.config.App, in.Serial, in.Body.Command, in.Body.Done, in.Body.Note)
	return answer(relay.ViewCommand(c), err)
}

func (a *API) press(ctx context.Context, in *OfHub) (*none, error) {
	if err := own(ctx, in.Serial); err != nil {
		return nil, err
	}
	return done(a.Relay.Press(ctx, who(ctx).Principal))
}

func (a *API) withdraw(ctx context.Context, in *OfHub) (*none, error) {
	if err := own(ctx, in.Serial); err != nil {
		return nil, err
	}
	return done(a.Relay.Withdraw(ctx, who(ctx).Principal))
}
