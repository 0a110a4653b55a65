package events

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"madang"
	"madang/internal/convention"
)

// trigger is Pusher's POST events.
func (a *API) trigger(c *call) (any, error) {
	e, err := parseEvent(c.body, c.app.Rules.MaxEvent)
	if err != nil {
		return nil, err
	}
	if err := a.publish(c, e); err != nil {
		return nil, err
	}
	if len(e.info) == 0 {
		return struct{}{}, nil
	}
	all, err := a.describe(c, e.channels, e.info)
	if err != nil {
		return nil, err
	}
	byName := make(map[string]attrs, len(all))
	for i, name := range e.channels {
		byName[name] = all[i]
	}
	return map[string]any{"channels": byName}, nil
}

// triggerBatch is Pusher's POST batch_events.
func (a *API) triggerBatch(c *call) (any, error) {
	batch, err := parseBatch(c.body, c.app.Rules.MaxEvent)
	if err != nil {
		return nil, err
	}
	if err := a.publish(c, batch...); err != nil {
		return nil, err
	}
	asked := false
	answers := make([]attrs, len(batch))
	for i, e := range batch {
		if len(e.info) == 0 {
			answers[i] = attrs{}
			continue
		}
		asked = true
		one, err := a.describe(c, e.channels, e.info)
		if err != nil {
			return nil, err
		}
		answers[i] = one[0]
	}
	if !asked {
		return struct{}{}, nil
	}
	return map[string]any{"batch": answers}, nil
}

// echoTrigger is laravel-echo-server's POST events.
func (a *API) echoTrigger(c *call) (any, error) {
	e, err := parseEcho(c.body, a.hub.Limits().MaxMessage)
	if err != nil {
		return nil, err
	}
	if err := a.publish(c, e); err != nil {
		return nil, err
	}
	return map[string]string{"message": "ok"}, nil
}

// publish gives each event to each of its channels.
func (a *API) publish(c *call, es ...event) error {
	var all []*madang.Message
	for _, e := range es {
		for _, name := range e.channels {
			to := c.target(name)
			if a.closed != nil && a.closed(to) {
				return &refusal{http.StatusForbidden, "Nothing is published by a backend in " + strconv.Quote(shorten(name))}
			}
			all = append(all, &madang.Message{Name: e.name, Channel: to, Data: e.data, Type: e.typ, Skip: e.skip})
		}
	}
	if len(all) == 0 { // laravel-echo-server takes an empty array
		return nil
	}
	// What has been begun is done, even if the backend hangs up meanwhile.
	if _, err := a.hub.Publish(context.WithoutCancel(c.Context()), all...); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// terminate is Pusher's POST users/{user}/terminate_connections.
func (a *API) terminate(c *call) (any, error) {
	who := madang.Audience{In: []madang.Channel{madang.UserChannel(c.app.ID, c.PathValue("user"))}}
	if err := a.hub.Disconnect(c.Context(), who, madang.CloseDenied); err != nil {
		return nil, fmt.Errorf("terminate connections: %w", err)
	}
	return struct{}{}, nil
}

// presence reports whether a channel shows who is in it.
func presence(name string) bool { return convention.KindOf(name) == convention.Presence }
