package clients

import (
	"io"
	"net"
	"strconv"
	"sync"
	"testing"

	"github.com/ably/ably-go/ably"
)

// A network is a way to a server that can be cut.
type network struct {
	l    net.Listener
	port int

	mu   sync.Mutex
	down bool
	open map[net.Conn]bool
}

// lay makes a network that leads to a port.
func lay(t *testing.T, to int) *network {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	n := &network{l: l, port: l.Addr().(*net.TCPAddr).Port, open: map[net.Conn]bool{}}
	t.Cleanup(func() {
		_ = l.Close() // it ends the loop below
		n.cut(true)
	})
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			n.join(near, net.JoinHostPort("127.0.0.1", strconv.Itoa(to)))
		}
	}()
	return n
}

func (n *network) join(near net.Conn, to string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	far, err := net.Dial("tcp", to)
	if err != nil || n.down {
		_ = near.Close() // nobody is there, or nobody gets there
		if far != nil {
			_ = far.Close()
		}
		return
	}
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		n.open[way[0]] = true
		go func() {
			_, _ = io.Copy(way[1], way[0]) // until either end is closed
			_ = way[0].Close()
			_ = way[1].Close()
		}()
	}
}

// cut ends all connections without a word; down is whether nobody comes through from now on.
func (n *network) cut(down bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = down
	for c := range n.open {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset
		}
		_ = c.Close()
	}
	clear(n.open)
}

// A client that was cut off finds its connection again, and hears what it has missed, once and in order. So does what it
// publishes.
func TestResume(t *testing.T) {
	forms(t, func(t *testing.T, f form) {
		name, p := fresh(), port(t, "PORT")
		n := lay(t, p)
		c, other := f.connect(t, n.port, ably.WithKey(rootKey), ably.WithClientID("ann")), f.connect(t, p)
		heard, id := hears(t, c.Channels.Get(name)), c.Connection.ID()
		leaves := new(inbox[*ably.PresenceMessage])
		_, err := other.Channels.Get(name).Presence.Subscribe(within(t), ably.PresenceActionLeave, leaves.add)
		must(t, err)
		must(t, c.Channels.Get(name).Presence.Enter(within(t), nil))
		var all []any
		for round := range 5 {
			n.cut(true)
			eventually(t, "the client has noticed", func() bool { return c.Connection.State() != ably.ConnectionStateConnected })
			for i := range 3 {
				text := strconv.Itoa(10*round + i)
				all = append(all, text)
				must(t, other.Channels.Get(name).Publish(within(t), "n", text))
			}
			n.cut(false)
			reaches(t, c, ably.ConnectionStateConnected)
			text := strconv.Itoa(10*round + 9)
			all = append(all, text)
			must(t, c.Channels.Get(name).Publish(within(t), "n", text))
		}
		want(t, "heard", datas(heard.wait(t, len(all))), all)
		want(t, "the connection", c.Connection.ID(), id)
		want(t, "who has left", len(leaves.wait(t, 0)), 0)
	})
}

// A client that was away for longer than the server knows it gets another connection, hears what it has missed all the same
// as long as that is kept, and is present again.
func TestForgotten(t *testing.T) {
	forms(t, func(t *testing.T, f form) {
		name, p := fresh(), port(t, "FAST_PORT")
		n := lay(t, p)
		c, other := f.connect(t, n.port, ably.WithKey(rootKey), ably.WithClientID("ann")), f.connect(t, p)
		ch, id := c.Channels.Get(name), c.Connection.ID()
		heard := hears(t, ch)
		must(t, ch.Presence.Enter(within(t), nil))
		leaves := new(inbox[*ably.PresenceMessage])
		_, err := other.Channels.Get(name).Presence.Subscribe(within(t), ably.PresenceActionLeave, leaves.add)
		must(t, err)
		must(t, other.Channels.Get(name).Publish(within(t), "n", "before"))
		heard.wait(t, 1)
		n.cut(true)
		want(t, "who has left", leaves.wait(t, 1)[0].ClientID, "ann")
		reaches(t, c, ably.ConnectionStateSuspended)
		must(t, other.Channels.Get(name).Publish(within(t), "n", "meanwhile"))
		n.cut(false)
		reaches(t, c, ably.ConnectionStateConnected)
		if c.Connection.ID() == id {
			t.Error("the connection is still known")
		}
		want(t, "heard", datas(heard.wait(t, 2)), []any{"before", "meanwhile"})
		eventually(t, "it is present again", func() bool {
			there, err := other.Channels.Get(name).Presence.Get(within(t))
			return err == nil && len(there) == 1 && there[0].ConnectionID == c.Connection.ID()
		})
	})
}
