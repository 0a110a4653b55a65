package pusher

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"time"

	"madang"
	"madang/dialect/pusher/frame"
	"madang/internal/convention"
	"madang/internal/socket"
	"madang/internal/ws"
)

// Versions of the protocol that are spoken. To a client they differ in nothing that this server does.
const (
	oldest = 4
	newest = 7
)

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := r.PathValue("key")
	if key == "" { // not below a mux with the Server's own pattern
		key = path.Base(r.URL.Path)
	}
	if !ws.IsUpgrade(r) {
		http.Error(w, "this is the address of WebSocket clients", http.StatusUpgradeRequired)
		return
	}
	t, bad := s.admit(r, key)
	if bad != nil {
		s.turnAway(w, r, *bad)
		return
	}
	c := &client{srv: s, tenant: t, from: newOrigin(r, s.o.Remote(r))}
	line, err := s.hub.Open(c)
	if err != nil { // this node is full or going away, and may soon be replaced
		c.Close(madang.CloseGone) // takes it out of the books
		s.turnAway(w, r, ending{codeOverCapacity, "The server takes no more connections now"})
		return
	}
	c.line = line
	c.begin(w, r)
}

// admit checks what a client says before it is let in. The app has counted the connection if there is no ending.
func (s *Server) admit(r *http.Request, key string) (*tenant, *ending) {
	if e := checkVersion(r.URL.Query()); e != nil {
		return nil, e
	}
	app, _ := s.o.Apps.ByKey(key)
	if app == nil {
		return nil, &ending{codeNoApp, "There is no app with this key"}
	}
	if !convention.OriginAllowed(app.Rules.Origins, r.Header.Get("Origin")) {
		return nil, &ending{codeUnauthorized, "The app does not allow connections from this origin"}
	}
	t := s.tenant(app)
	if !t.enter() {
		return nil, &ending{codeOverCapacity, "The app has as many connections as it may"}
	}
	return t, nil
}

func checkVersion(q url.Values) *ending {
	text := q.Get("protocol")
	n, err := strconv.Atoi(text)
	switch {
	case text == "":
		return &ending{codeNoProtocol, "No protocol version supplied"}
	case err != nil:
		return &ending{codeBadVersion, "Invalid version string format"}
	case n < oldest || n > newest:
		return &ending{codeUnsupported, fmt.Sprintf("Unsupported protocol version; there are %d to %d", oldest, newest)}
	}
	return nil
}

// turnAway lets a client in only to tell it why it may not stay. Browsers hide the answer to a handshake that is refused,
// so their clients could not tell a wrong key from a broken network.
func (s *Server) turnAway(w http.ResponseWriter, r *http.Request, e ending) {
	up, err := ws.Upgrade(w, r, ws.UpgradeOptions{})
	if err != nil {
		return
	}
	c := s.pool.Take(up.Conn)
	if _, again, err := c.TryWrite(append(errorUnit(e.code, e.text), e.closing()...)); err != nil || again {
		c.Close() // a fresh connection without room for two small frames
		return
	}
	c.CloseWrite()
	timer := time.AfterFunc(closeTime, c.Close)
	c.Run(nil, parting{c, timer})
}

// A parting waits for the end of a connection that has been said goodbye to.
type parting struct {
	socket.Conn
	timer *time.Timer
}

// Handle implements socket.Handler.
func (p parting) Handle([]byte) (stay, ok bool) { return false, true }

// End implements socket.Handler.
func (p parting) End(error) {
	p.timer.Stop()
	p.Close()
}

// established is the first message.
func (s *Server) established(id madang.ConnID) []byte {
	b, _ := json.Marshal(struct { // texts and numbers always have a JSON form
		SocketID        madang.ConnID `json:"socket_id"`
		ActivityTimeout int           `json:"activity_timeout"`
	}{id, int(s.cfg.ActivityTimeout / time.Second)})
	return unit(frame.Out{Event: eventEstablished, Text: string(b)})
}

func pongUnit() []byte { return unit(frame.Out{Event: eventPong, Value: []byte("{}")}) }

func pingUnit() []byte { return unit(frame.Out{Event: eventPing, Value: []byte("{}")}) }
