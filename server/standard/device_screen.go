package standard

import (
	"cmp"
	"context"
	"time"

	"madang"
	"madang/dialect/socketio"
	"madang/server"
)

// screenTime is how long a display may take to be let in.
const screenTime = 30 * time.Second

// displayOverSocketIO shows the codes of the box in which this server runs to the displays that connect to the root namespace, as
// such boxes have always had it. Clients of Laravel Echo are there too, and go on as before.
func displayOverSocketIO(s *server.Site) error {
	d, err := server.Find[*devices](s)
	if err != nil || !d.config.atHome() {
		return nil //nolint:nilerr // they are off, or this is no box
	}
	io, err := server.Find[*socketio.Server](s)
	if err != nil {
		return err
	}
	io.OnConnection(d.screen)
	return nil
}

// screen lets a connection hear the codes, if it is the box's display: it proves that by where it comes from, or by the token of the
// display. Whoever shows something else is no display.
func (d *devices) screen(s *socketio.Socket) {
	h := s.Handshake()
	query := h.Query()
	shown := cmp.Or(h.Token(), query.Get("token"))
	if isDisplay(d.config, madang.Credentials{App: d.config.app, Header: h.Header, Remote: h.Address}, shown) == nil {
		return
	}
	ctx, done := context.WithTimeout(s.Context(), screenTime)
	defer done()
	if err := d.relay.WelcomeDisplay(ctx, s.Conn(), d.config.app, d.config.Home.Serial); err != nil && s.Context().Err() == nil {
		d.site.Log.Error("a display could not be let in and was disconnected; it comes back", "conn", s.ID(), "error", err)
		s.Session().End(madang.CloseError)
	}
}
