package relay

import (
	"context"
	"fmt"

	"madang"
)

// WelcomeDisplay takes a connection in as what shows the codes of a box, whoever its principal is: for a display of a server in
// the box itself that connects as nobody in particular. It hears code, pairing.shown, pairing.cleared and pairing.alarm, and may do
// nothing. That the display may be trusted is the caller's to know.
func (f *Feature) WelcomeDisplay(ctx context.Context, c *madang.Conn, app, serial string) error {
	to := channel(app, displayPrefix, serial)
	err := f.hear(ctx, c, to)
	if err == nil {
		err = f.hub.EnterAs(ctx, c, to, madang.Member{User: DisplayPrincipal(app, serial).User})
	}
	if err != nil {
		return fmt.Errorf("relay: welcome a display: %w", err)
	}
	return nil
}
