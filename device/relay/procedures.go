package relay

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"time"
	"unicode/utf8"

	"madang"
	"madang/device"
	"madang/device/pairing"
)

// The arguments of the procedures. Fields that are not here are ignored.
type (
	helloArg struct {
		Devices []deviceArg `json:"devices"`
	}
	deviceArg struct {
		ID           string              `json:"id"`
		Name         string              `json:"name"`
		Capabilities []device.Capability `json:"capabilities"`
		Reported     device.Values       `json:"reported"`
		Version      int64               `json:"version"`
	}
	reportArg struct {
		Device  string        `json:"device"`
		Values  device.Values `json:"values"`
		Version int64         `json:"version"`
	}
	answerArg struct {
		Command string `json:"command"`
		Done    bool   `json:"done"`
		Note    string `json:"note"`
	}
	commandArg struct {
		Hub    string        `json:"hub"`
		Device string        `json:"device"`
		Set    device.Values `json:"set"`
		Key    string        `json:"key"`
		Seen   int64         `json:"seen"`
		// NoWait asks for the answer at once, before the hub has answered.
		NoWait bool `json:"no_wait"`
	}
	homeArg struct {
		Place  string      `json:"place"`
		Hub    string      `json:"hub"`
		Name   string      `json:"name"`
		Role   device.Role `json:"role"`
		Person string      `json:"person"`
		Secret string      `json:"secret"`
		Code   string      `json:"code"`
		Before int64       `json:"before"`
		Limit  int         `json:"limit"`
	}
)

// The replies that are not views.
type (
	nothing   struct{}
	placeList struct {
		Places []PlaceView `json:"places"`
	}
	// A helloReply tells a hub the server's time: see Delivery.
	helloReply struct {
		Now time.Time `json:"now"`
	}
	secretReply struct {
		Secret string `json:"secret"`
	}
	tokenReply struct {
		Token string  `json:"token"`
		Hub   HubView `json:"hub"`
	}
	auditReply struct {
		Entries []auditView `json:"entries"`
	}
	auditView struct {
		ID      int64      `json:"id"`
		At      string     `json:"at"`
		Act     device.Act `json:"act"`
		Person  string     `json:"person,omitempty"`
		Hub     string     `json:"hub,omitempty"`
		Device  string     `json:"device,omitempty"`
		Command string     `json:"command,omitempty"`
		Detail  string     `json:"detail,omitempty"`
	}
)

// decode reads an argument: one JSON object, or nothing.
func decode[In any](arg []byte) (In, error) {
	var in In
	if !utf8.Valid(arg) {
		return in, fmt.Errorf("relay: argument is not valid UTF-8: %w", device.ErrInvalid)
	}
	if err := json.NewDecoder(bytes.NewReader(arg)).Decode(&in); err != nil && !(errors.Is(err, io.EOF) && len(arg) == 0) {
		return in, fmt.Errorf("relay: argument: %w: %w", device.ErrInvalid, err)
	}
	return in, nil
}

// procedure makes a Procedure of a function on the argument's type.
func procedure[In, Out any](do func(context.Context, *madang.Conn, In) (Out, error)) madang.Procedure {
	return func(ctx context.Context, c *madang.Conn, arg []byte) ([]byte, error) {
		in, err := decode[In](arg)
		if err != nil {
			return nil, err
		}
		out, err := do(ctx, c, in)
		if err != nil {
			return nil, err
		}
		reply, err := json.Marshal(out)
		if err != nil {
			return nil, fmt.Errorf("relay: reply: %w", err)
		}
		return reply, nil
	}
}

// actor returns who calls, if it is a person, or somebody at a box's display.
func (f *Feature) actor(ctx context.Context, p *madang.Principal) (device.Actor, error) {
	if p.Guard == GuardDisplay {
		return device.AtBox(p.App, serialOf(p)), nil
	}
	if serialOf(p) != "" || p.User == "" {
		return device.Actor{}, fmt.Errorf("relay: %q is no person: %w", p.User, device.ErrForbidden)
	}
	if p.Guard != GuardToken {
		return device.Actor{App: p.App, Person: p.User, Name: p.Name}, nil
	}
	jti, _ := p.Claim("jti").(string)
	a, _, err := f.rules.ByToken(ctx, p.App, jti)
	a.Name = p.Name
	return a, err
}

// by makes a Procedure of a function on who calls and the argument.
func by[In, Out any](f *Feature, do func(context.Context, device.Actor, In) (Out, error)) madang.Procedure {
	return procedure(func(ctx context.Context, c *madang.Conn, in In) (out Out, err error) {
		a, err := f.actor(ctx, c.Principal())
		if err != nil {
			return out, err
		}
		return do(ctx, a, in)
	})
}

// byBox makes a Procedure of a function on which box, or whose display, calls, and the argument.
func byBox[In, Out any](do func(context.Context, *madang.Principal, In) (Out, error)) madang.Procedure {
	return procedure(func(ctx context.Context, c *madang.Conn, in In) (Out, error) { return do(ctx, c.Principal(), in) })
}

func (f *Feature) procedures() map[string]madang.Procedure {
	all := map[string]madang.Procedure{
		callHello: byBox(f.callHello), callReport: byBox(f.callReport), callAnswer: byBox(f.callAnswer),
		callPress: byBox(f.callPress), callWithdraw: byBox(f.callWithdraw),
		callCommand: by(f, f.callCommand), callDevices: by(f, f.callDevices),
		callCode: procedure(f.callCode), callCheck: procedure(f.callCheck),
	}
	maps.Copy(all, f.homeProcedures())
	return all
}

func (f *Feature) callHello(ctx context.Context, p *madang.Principal, in helloArg) (helloReply, error) {
	list := make([]device.Device, 0, len(in.Devices))
	for _, d := range in.Devices {
		list = append(list, device.Device{ID: d.ID, Name: d.Name, Capabilities: d.Capabilities, Reported: d.Reported, Version: d.Version})
	}
	return helloReply{f.now().UTC()}, f.rules.Declare(ctx, p.App, serialOf(p), list)
}

func (f *Feature) callReport(ctx context.Context, p *madang.Principal, in reportArg) (nothing, error) {
	_, err := f.rules.Report(ctx, p.App, serialOf(p), in.Device, in.Values, in.Version)
	return nothing{}, err
}

func (f *Feature) callAnswer(ctx context.Context, p *madang.Principal, in answerArg) (CommandView, error) {
	answered, err := f.rules.Answer(ctx, p.App, serialOf(p), in.Command, in.Done, in.Note)
	return ViewCommand(answered), err
}

func (f *Feature) callPress(ctx context.Context, p *madang.Principal, _ nothing) (nothing, error) {
	return nothing{}, f.Press(ctx, p)
}

// Press is what the button on a box does: the alarm is over, on all its displays. The principal is the box, or its display.
func (f *Feature) Press(ctx context.Context, p *madang.Principal) error {
	h, err := f.store.Hub(ctx, p.App, serialOf(p))
	if err != nil {
		return fmt.Errorf("relay: press: %w", err)
	}
	if err := f.rules.PressButton(ctx, h); err != nil {
		return err
	}
	f.Clear(ctx, pairing.Hub{App: h.App, ID: h.Serial}, "", endPressed)
	f.emit(ctx, event(channel(h.App, touchPrefix, h.Serial), string(PressHappened), nothing{}))
	return nil
}

// endPressed says that the alarm is over; what is shown stays.
const endPressed pairing.End = "pressed"

// Withdraw is somebody at a box who does not want what it shows. The principal is as for Press.
func (f *Feature) Withdraw(ctx context.Context, p *madang.Principal) error {
	h := pairing.Hub{App: p.App, ID: serialOf(p)}
	if err := f.pairing.Withdraw(ctx, h); err != nil {
		return err
	}
	f.emit(ctx, event(channel(h.App, touchPrefix, h.ID), string(WithdrawHappened), nothing{}))
	return nil
}

func (f *Feature) callWithdraw(ctx context.Context, p *madang.Principal, _ nothing) (nothing, error) {
	return nothing{}, f.Withdraw(ctx, p)
}

func (f *Feature) callCommand(ctx context.Context, a device.Actor, in commandArg) (CommandView, error) {
	c, err := f.rules.Command(ctx, a, device.Order{Hub: cmp.Or(in.Hub, a.Box), Device: in.Device, Set: in.Set, Key: in.Key, Seen: in.Seen})
	if err == nil && !in.NoWait {
		c, err = f.Await(ctx, c)
	}
	return ViewCommand(c), err
}

// callDevices returns everything that is shown of a hub.
func (f *Feature) callDevices(ctx context.Context, a device.Actor, in homeArg) (HubView, error) {
	h, list, err := f.rules.Devices(ctx, a, cmp.Or(in.Hub, a.Box))
	if err != nil {
		return HubView{}, err
	}
	v := ViewHub(h)
	for _, d := range list {
		v.Devices = append(v.Devices, ViewDevice(d))
	}
	open, err := f.store.OpenCommands(ctx, h.App, h.Serial)
	for _, c := range open {
		v.Commands = append(v.Commands, ViewCommand(c))
	}
	if a.Box == "" || err != nil {
		return v, err
	}
	if h.Place != "" {
		p, err := f.store.Place(ctx, h.App, h.Place)
		if err != nil {
			return v, fmt.Errorf("relay: the place of hub %s: %w", h.Serial, err)
		}
		v.PlaceName = p.Name
	}
	v.Locked, err = f.pairing.Locked(ctx, pairing.Hub{App: h.App, ID: h.Serial})
	return v, err
}

// remote returns where a connection comes from, as far as its dialect says.
func remote(c *madang.Conn) netip.Addr {
	d, ok := c.Owner().(madang.Described)
	if !ok {
		return netip.Addr{}
	}
	text := d.Describe().Remote
	if a, err := netip.ParseAddrPort(text); err == nil {
		return a.Addr()
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return a
}

func (f *Feature) callCode(ctx context.Context, c *madang.Conn, in homeArg) (nothing, error) {
	a, err := f.actor(ctx, c.Principal())
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, f.rules.AskCode(ctx, a, in.Hub, remote(c))
}

func (f *Feature) callCheck(ctx context.Context, c *madang.Conn, in homeArg) (tokenReply, error) {
	a, err := f.actor(ctx, c.Principal())
	if err != nil {
		return tokenReply{}, err
	}
	p, err := f.rules.CheckCode(ctx, a, in.Hub, remote(c), in.Code)
	return tokenReply{p.Token, ViewHub(p.Hub)}, err
}
