package pusher

import (
	"encoding/json"
	"errors"
	"fmt"

	"madang"
	"madang/dialect/pusher/frame"
	"madang/internal/convention"
)

// signin answers pusher:signin: the connection becomes its user's, hears what is sent to that user, and is seen by who
// watches the user. A refusal leaves the connection as it is.
func (c *client) signin(s frame.Signin) {
	ctx, query := background(), map[string]string{querySocket: string(c.conn.ID()), queryUser: s.UserData}
	err := c.srv.hub.Patiently(ctx, func() error {
		return c.conn.Renew(ctx, madang.Credentials{
			Guard: GuardName, App: c.tenant.app.ID, Token: s.Auth, Remote: c.from.remote, Query: func(k string) string { return query[k] },
		})
	})
	if err != nil {
		c.refuseSignin(err)
		return
	}
	who := c.conn.Principal()
	var own *madang.Subscription
	err = c.srv.hub.Patiently(ctx, func() error {
		own, err = c.srv.hub.Subscribe(ctx, c.conn, madang.UserChannel(who.App, who.User), madang.Messages)
		return err
	})
	if err != nil {
		c.refuseSignin(err)
		return
	}
	v, _ := json.Marshal(map[string]string{"auth": s.Auth, "user_data": s.UserData}) // texts always have a JSON form
	c.line.Send(unit(frame.Out{Event: eventSigninSuccess, Value: v}))
	own.Open()
	c.watch(who)
}

func (c *client) refuseSignin(err error) {
	text := "The sign-in failed; please try again."
	switch refusal, ok := errors.AsType[*madang.Refusal](err); {
	case ok:
		text = refusal.Text
	case errors.Is(err, madang.ErrForbidden):
		text = "The connection is signed in as another user; connect anew to change that."
	case errors.Is(err, madang.ErrClosed):
		return
	case errors.Is(err, madang.ErrUnavailable): // it signs in again when it has come back
		c.line.Close(madang.CloseDrain)
		return
	default:
		c.srv.log.Error("a sign-in failed", "conn", c.conn.ID(), "error", err)
	}
	c.fail(codeUnauthorized, text)
}

// subscribeUser answers a signed-in user who subscribes to the own channel, where the sign-in has put it already.
func (c *client) subscribeUser(name string) {
	if user, _ := convention.UserOf(name); user != c.conn.Principal().User {
		c.refuse(name, fmt.Errorf("the channel of another user: %w", madang.ErrForbidden))
		return
	}
	c.line.Send(unit(frame.Out{Event: eventSubscribed, Channel: name, Text: "{}"}))
}
