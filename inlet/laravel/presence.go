package laravel

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/redis/rueidis"

	"madang"
	"madang/internal/convention"
)

// presenceChannel is where laravel-echo-server publishes who is in presence channels. No prefix stands before it.
const presenceChannel = "PresenceChannelUpdated"

// longestPause is how long the next channel waits at most after one that took long.
const longestPause = time.Second

// Observer returns what the hub tells of presence channels, for [Config.PublishPresence].
func (i *Inlet) Observer() *madang.Observer {
	if !i.config.PublishPresence {
		return &madang.Observer{}
	}
	return &madang.Observer{PresenceChanged: i.presenceChanged}
}

// Drain waits until it is published that those who were here have gone, if Redis takes it within [Config.Timeout].
func (i *Inlet) Drain(ctx context.Context) {
	if !i.config.PublishPresence {
		return
	}
	ctx, done := context.WithTimeout(ctx, i.config.Timeout)
	defer done()
	i.changes.settle(ctx)
}

// presenceChanged has it published who is in a channel, soon. It does not wait.
func (i *Inlet) presenceChanged(c madang.Channel) {
	if c.App != i.config.App || convention.KindOf(c.Name) != convention.Presence {
		return
	}
	if !i.changes.add(c) {
		i.untold(c, "too many channels have changed since Redis was last there")
	}
}

// publishPresence publishes who is in the channels that have changed, one after another, until ctx ends: what cannot be
// published now remains for the next connection.
func (i *Inlet) publishPresence(ctx context.Context, client rueidis.Client) {
	for {
		c, ok := i.changes.next(ctx)
		if !ok {
			return
		}
		began := time.Now()
		err := i.publishMembers(ctx, client, c)
		// A rush into a large channel must not take the CPU from what the channel is for.
		pause := min(3*time.Since(began), longestPause)
		if _, refused := errors.AsType[*rueidis.RedisError](err); refused {
			i.untold(c, err.Error()) // and would be again
		} else if err != nil {
			i.changes.add(c)
			pause = firstRetry
		} else {
			i.count.told.Add(1)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// publishMembers publishes who is in a channel.
func (i *Inlet) publishMembers(ctx context.Context, client rueidis.Client, c madang.Channel) error {
	ctx, done := context.WithTimeout(ctx, i.config.Timeout)
	defer done()
	text, err := i.presenceText(ctx, c)
	if err != nil {
		return err
	}
	if err := client.Do(ctx, client.B().Publish().Channel(presenceChannel).Message(string(text)).Build()).Error(); err != nil {
		return fmt.Errorf("publish who is in %s: %w", c, err)
	}
	if !i.options.Local {
		return nil
	}
	// Another node may have published later what it had read earlier. The last to publish looks again, so that what is
	// published last is true.
	if now, err := i.presenceText(ctx, c); err == nil && !bytes.Equal(now, text) {
		i.changes.add(c)
	}
	return nil
}

// A presenceEvent is what is published.
type presenceEvent struct {
	Event struct {
		Channel string           `json:"channel"`
		Members []presenceMember `json:"members"`
	} `json:"event"`
}

// A presenceMember is one connection, as Laravel described its user. Its socketId is the alias that members see too: what
// is published here may well be shown to others.
type presenceMember struct {
	User   any    `json:"user_id"`
	Info   any    `json:"user_info,omitempty"`
	Socket string `json:"socketId"`
}

// presenceText returns what is published of a channel: all its connections, the newest last.
func (i *Inlet) presenceText(ctx context.Context, c madang.Channel) ([]byte, error) {
	all, err := i.hub.Members(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("members of %s: %w", c, err)
	}
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b madang.Member) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Conn, b.Conn))
	})
	var e presenceEvent
	e.Event.Channel, e.Event.Members = c.Name+":members", make([]presenceMember, len(all))
	for n := range all {
		e.Event.Members[n] = describe(&all[n])
	}
	var b bytes.Buffer
	to := json.NewEncoder(&b)
	to.SetEscapeHTML(false)
	if err := to.Encode(e); err != nil {
		return nil, fmt.Errorf("members of %s: %w", c, err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// describe returns a member with its id and info as they came from Laravel, or as text if they are from elsewhere and no
// JSON.
func describe(m *madang.Member) presenceMember {
	p := presenceMember{User: m.User, Socket: convention.Alias(m.Conn)}
	if json.Valid(m.RawUser) {
		p.User = json.RawMessage(m.RawUser)
	}
	switch {
	case len(m.Data) == 0:
	case m.Type == madang.Binary:
		p.Info = m.Data // in base64
	case m.Type == madang.JSON && json.Valid(m.Data):
		p.Info = json.RawMessage(m.Data)
	default:
		p.Info = string(m.Data)
	}
	return p
}

// untold counts a change that Redis will not hear of, and logs one of them now and then.
func (i *Inlet) untold(c madang.Channel, why string) {
	i.count.untold.Add(1)
	if skipped, ok := i.seldom.Allow("untold"); ok {
		i.log.Warn("who is in a presence channel could not be published in Laravel's Redis", "channel", c.String(), "reason", why,
			"redis_user_needs", "+publish and the channel "+presenceChannel, "others", skipped)
	}
}
