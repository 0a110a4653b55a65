package link

import (
	"context"

	"madang/device/relay"
)

// Relay returns a hub of a server as the home of a link: the box in which the server runs.
func Relay(l *relay.Local) Home { return relayed{l} }

type relayed struct{ *relay.Local }

// Watch implements Home.
func (r relayed) Watch(ctx context.Context, f func(Happening)) (stop func(), err error) {
	return r.Local.Watch(ctx, func(h relay.Happening) {
		switch h.Kind {
		case relay.HubHappened, relay.DeviceHappened:
			f(Changed)
		case relay.PressHappened:
			f(Pressed)
		case relay.WithdrawHappened:
			f(Withdrawn)
		}
	})
}
