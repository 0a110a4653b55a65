package pusher

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"madang"
	"madang/dialect/pusher/frame"
	"madang/internal/convention"
)

// throttle is how long a client that sends more than the node's limit waits for its next message to be looked at.
const throttle = 50 * time.Millisecond

// take handles one text of the client. Whatever is wrong with it is answered with an error, and nothing else happens.
func (c *client) take(text []byte) {
	defer func() {
		if v := recover(); v != nil {
			c.srv.log.Error("handling a message panicked; its connection is closed", "conn", c.conn.ID(),
				"panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			c.line.Close(madang.CloseError)
		}
	}()
	if !c.afford() {
		return
	}
	f, err := frame.Parse(text)
	if err == nil {
		err = c.dispatch(f)
	}
	if fault, ok := errors.AsType[frame.Fault](err); ok {
		c.fail(codeNone, fault.Error())
	}
}

// afford waits until the connection's allowance has room; false if it has ended meanwhile. Reading stops while it waits.
func (c *client) afford() bool {
	for {
		err := c.conn.Spend()
		if !errors.Is(err, madang.ErrTooMany) {
			return err == nil
		}
		select {
		case <-time.After(throttle):
		case <-c.conn.Done():
			return false
		}
	}
}

// background is the context of what is done for clients. It has no end of its own: policies and brokers bound how long they
// wait, and what has been begun for a client that goes away is finished like anything else.
func background() context.Context { return context.Background() }

func (c *client) dispatch(f frame.Frame) error {
	switch f.Event {
	case eventPing:
		c.line.Send(c.srv.pong)
	case eventPong:
		// It has been heard, which is all that matters.
	case eventSubscribe:
		s, err := f.Subscribe()
		if err != nil {
			return err
		}
		c.subscribe(s)
	case eventUnsubscribe:
		channel, err := f.Unsubscribe()
		if err != nil {
			return err
		}
		c.unsubscribe(channel)
	case eventSignin:
		s, err := f.Signin()
		if err != nil {
			return err
		}
		c.signin(s)
	default:
		if !convention.ClientEvent(f.Event) {
			return faultUnknown
		}
		c.publish(f)
	}
	return nil
}

// faultUnknown answers an event that is neither the protocol's nor a client's own.
const faultUnknown frame.Fault = "unknown event; the names of events that clients publish begin with client-"

// fail tells the client of an error.
func (c *client) fail(code code, text string) { c.line.Send(errorUnit(code, text)) }

// channel returns the core's name of a channel of the client's app.
func (c *client) channel(name string) madang.Channel {
	return madang.Channel{App: c.tenant.app.ID, Name: name}
}

// publish publishes a client event, for all subscribers but its sender.
func (c *client) publish(f frame.Frame) {
	if why := c.refuseEvent(f); why != "" {
		c.fail(codeClientEvent, why)
		return
	}
	m := &madang.Message{
		Name: f.Event, Channel: c.channel(f.Channel), Data: f.Data, Type: madang.JSON, Skip: c.conn.ID(), Transient: true,
	}
	if c.srv.take != nil {
		if taken, err := c.srv.take(background(), c.conn, m); taken {
			c.taken(m, err)
			return
		}
	}
	if user := c.presentAs(f.Channel); user != nil {
		m.Extras, _ = json.Marshal(extras{user}) // it is JSON
	}
	_, err := c.conn.Publish(background(), m)
	switch {
	case err == nil, errors.Is(err, madang.ErrClosed):
	case errors.Is(err, madang.ErrForbidden):
		c.fail(codeClientEvent, "The client event was rejected: the app must allow client events, and the connection must subscribe to the channel, "+
			"which must be a private or presence channel that is not encrypted")
	case errors.Is(err, madang.ErrInvalid):
		c.fail(codeClientEvent, "The client event was rejected: its channel or data is not valid")
	default:
		c.srv.log.Error("a client event could not be published", "conn", c.conn.ID(), "channel", m.Channel.String(), "error", err)
		c.fail(codeClientEvent, "The client event was rejected: the server failed")
	}
}

// taken tells the client what is wrong with an event that somebody else has taken.
func (c *client) taken(m *madang.Message, err error) {
	if err == nil || errors.Is(err, madang.ErrClosed) {
		return
	}
	text := "The client event was rejected"
	refusal, ok := errors.AsType[*madang.Refusal](err)
	switch {
	case ok:
		text += ": " + refusal.Text
	case errors.Is(err, madang.ErrForbidden), errors.Is(err, madang.ErrUnauthenticated):
		text += ": there is no right to it"
	case errors.Is(err, madang.ErrInvalid):
		text += ": its name or data is not valid here"
	case errors.Is(err, madang.ErrNotFound):
		text += ": there is no such thing here"
	case errors.Is(err, madang.ErrTooMany):
		text += ": there are too many"
	default:
		c.srv.log.Error("a client event could not be taken", "conn", c.conn.ID(), "channel", m.Channel.String(), "error", err)
		text += ": the server failed"
	}
	c.fail(codeClientEvent, text)
}

// refuseEvent applies the limits to a client event and says which it breaks.
func (c *client) refuseEvent(f frame.Frame) string {
	rules := &c.tenant.app.Rules
	switch {
	case len(f.Event) > convention.MaxName:
		return fmt.Sprintf("The client event was rejected: its name has more than %d bytes", convention.MaxName)
	case !convention.ValidName(f.Channel):
		return "The client event was rejected: its channel has no valid name"
	case rules.MaxEvent > 0 && len(f.Data) > rules.MaxEvent:
		return fmt.Sprintf("The client event was rejected: its data has more than %d bytes", rules.MaxEvent)
	case !c.countEvent(rules.ClientEventRate):
		return fmt.Sprintf("The client event was rejected: a connection may send %d per second", rules.ClientEventRate)
	}
	return ""
}

// countEvent counts client events by the second; false if there are more than rate. A rate of 0 is no limit.
func (c *client) countEvent(rate int) bool {
	if now := c.srv.hub.Now().Unix(); now != c.second {
		c.second, c.events = now, 0
	}
	c.events++
	return rate <= 0 || c.events <= rate
}
