package rest

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"madang/device"
	"madang/device/problem"
	"madang/device/relay"
)

// NewCommand is the body of a command.
type NewCommand struct {
	_   struct{}      `additionalProperties:"true"`
	Set device.Values `json:"set" doc:"What is wished: on, level, target, mode, locked"`
}

type commandIn struct {
	OfHub
	Device string `path:"device" maxLength:"64" doc:"Id of the device"`
	Key    string `header:"Idempotency-Key" maxLength:"64" doc:"The same one again is the same command"`
	Match  string `header:"If-Match" maxLength:"64" doc:"The ETag of the device as it was seen: 412 if it is another by now"`
	Wait   int    `query:"wait" minimum:"0" maximum:"60" doc:"How many seconds to wait for the outcome"`
	Body   NewCommand
}

// commanded is a command, with a status that says whether it has ended.
type commanded struct {
	Status int
	Body   relay.CommandView
}

func (a *API) command(ctx context.Context, in *commandIn) (*commanded, error) {
	seen, err := revOf(in.Match)
	if err != nil {
		return nil, err
	}
	actor := who(ctx).Actor
	c, err := a.rules.Command(ctx, actor, device.Order{Hub: in.Serial, Device: in.Device, Set: in.Body.Set, Key: in.Key, Seen: seen})
	if errors.Is(err, device.ErrConflict) && seen != 0 {
		// It is the device that has changed, or the key that is another command's.
		if d, lookErr := a.rules.Device(ctx, actor, in.Serial, in.Device); lookErr == nil && d.Rev != seen {
			err = errors.Join(problem.ErrChanged, err)
		}
	}
	if err != nil {
		return nil, err
	}
	return a.await(ctx, c, in.Wait)
}

// await waits for the end of a command, so many seconds at most.
func (a *API) await(ctx context.Context, c device.Command, seconds int) (*commanded, error) {
	if seconds > 0 {
		ctx, stop := context.WithTimeout(ctx, time.Duration(seconds)*time.Second)
		defer stop()
		defer context.AfterFunc(a.life, stop)()
		var err error
		if c, err = a.Relay.Await(ctx, c); err != nil {
			return nil, err
		}
	}
	out := &commanded{http.StatusAccepted, relay.ViewCommand(c)}
	if c.State.Ended() {
		out.Status = http.StatusOK
	}
	return out, nil
}

type commandsIn struct {
	OfHub
	Before string `query:"before" maxLength:"64" doc:"Those that came before the command of this id"`
	Limit  int    `query:"limit" minimum:"0" doc:"At most so many; default 50, never more than 100"`
}

// CommandPage is a page of commands, the newest first.
type CommandPage struct {
	Commands []relay.CommandView `json:"commands" nullable:"false"`
	Next     string              `json:"next,omitempty" doc:"What before is for the next page; absent: this is the last"`
}

func (a *API) commands(ctx context.Context, in *commandsIn) (*reply[CommandPage], error) {
	limit := min(cmp.Or(in.Limit, 50), device.MaxCommands)
	list, err := a.rules.Commands(ctx, who(ctx).Actor, in.Serial, in.Before, limit)
	page := CommandPage{Commands: []relay.CommandView{}}
	for _, c := range list {
		page.Commands = append(page.Commands, relay.ViewCommand(c))
		page.Next = c.ID
	}
	if len(list) < limit {
		page.Next = ""
	}
	return answer(page, err)
}

type commandOfIn struct {
	OfHub
	Command string `path:"command" maxLength:"64" doc:"Id of the command"`
	Wait    int    `query:"wait" minimum:"0" maximum:"60" doc:"How many seconds to wait for the outcome"`
}

func (a *API) commandOf(ctx context.Context, in *commandOfIn) (*commanded, error) {
	c, err := a.rules.CommandOf(ctx, who(ctx).Actor, in.Serial, in.Command)
	if err != nil {
		return nil, err
	}
	return a.await(ctx, c, in.Wait)
}
