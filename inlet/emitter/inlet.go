package emitter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"madang"
	"madang/internal/seldom"
)

// Options are what an Inlet takes from its surroundings.
type Options struct {
	// Dial connects to Redis. All connections must end with the context.
	Dial func(context.Context) (rueidis.Client, error)
	// Rooms is the Socket.IO server.
	Rooms Rooms
	// Node names this node among all servers at that Redis.
	Node madang.NodeID
	// Cluster names the nodes that hear each other otherwise, so that what one of them tells other servers is not for its like. It
	// must be the same on all of them. Empty: this node is alone.
	Cluster string
	// ServerSide takes what other servers say with serverSideEmit. nil: nobody listens, and the answer is null.
	ServerSide ServerSide
	// Now is the clock; nil: the system's.
	Now func() time.Time
	// Log gets outages and samples of what is ignored. nil discards.
	Log *slog.Logger
}

// An Inlet is one node's place among Socket.IO servers that meet in Redis. Make it with [New].
type Inlet struct {
	config  Config
	options Options
	log     *slog.Logger
	uid     string
	outbox  outbox
	count   counters
	seldom  *seldom.Gate
	last    string // id of the stream's entry that was taken last; the goroutine of the session has it

	life    context.Context // set by Start
	stop    context.CancelFunc
	stopped sync.WaitGroup
	first   chan struct{} // closed when the first attempt has ended, well or not

	mu        sync.Mutex
	closed    bool
	connected bool
	since     time.Time
	fault     error  // why it is not connected
	said      string // what has been logged about this outage
	outages   uint64
	down      time.Duration
}

// ourUID begins the names of our nodes among the servers. Those of others have no such sign in them.
const ourUID = "madang-"

// quiet is how long the log says nothing more about a kind of message that goes no further.
const quiet = time.Minute

var errNotStarted = errors.New("not started")

// New returns an Inlet that is not listening yet.
func New(c Config, o Options) (*Inlet, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if o.Dial == nil || o.Rooms == nil || o.Node == "" {
		return nil, errors.New("emitter: Dial, Rooms and Node have to be given")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	i := &Inlet{
		config: c, options: o, log: o.Log, uid: ourUID + o.Cluster + "-" + string(o.Node), first: make(chan struct{}), since: o.Now(), fault: errNotStarted,
		seldom: seldom.New(quiet), outbox: outbox{wake: make(chan struct{}, 1)},
	}
	return i, nil
}

// Start begins to listen and returns after the first attempt to connect. If that failed the reason is logged and the Inlet goes on
// trying. It ends with ctx or Close. Start it once.
func (i *Inlet) Start(ctx context.Context) error {
	i.mu.Lock()
	if i.closed || i.life != nil {
		i.mu.Unlock()
		return fmt.Errorf("emitter: start: closed or started before: %w", madang.ErrClosed)
	}
	i.life, i.stop = context.WithCancel(ctx)
	i.mu.Unlock()
	i.stopped.Go(i.run)
	<-i.first
	return nil
}

// Close ends listening and returns when nothing more is delivered.
func (i *Inlet) Close() error {
	i.mu.Lock()
	i.closed = true
	stop := i.stop
	i.mu.Unlock()
	if stop != nil {
		stop()
	}
	i.stopped.Wait()
	return nil
}

// Ready returns nil while Redis is heard, and otherwise why it is not.
func (i *Inlet) Ready(context.Context) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.connected {
		return nil
	}
	return fmt.Errorf("emitter: Redis is not heard since %s: %w", i.since.Format(time.RFC3339), i.fault)
}

// twofold ends the names of our nodes in the stream that say the same by pub/sub.
const twofold = "+"

// streamUID is the name of this node in the stream.
func (i *Inlet) streamUID() string {
	if i.config.PubSub {
		return i.uid + twofold
	}
	return i.uid
}

// own reports whether a server's name is that of a node that has told this one already, or tells it by pub/sub.
func (i *Inlet) own(uid string) bool {
	if i.config.PubSub && strings.HasPrefix(uid, ourUID) && strings.HasSuffix(uid, twofold) {
		return true
	}
	return uid == i.uid || i.options.Cluster != "" && strings.HasPrefix(uid, ourUID+i.options.Cluster+"-")
}

// namespace returns a namespace that takes part, or nil.
func (i *Inlet) namespace(name string) Namespace {
	if all := i.config.Namespaces; len(all) > 0 && !slices.Contains(all, name) {
		return nil
	}
	return i.options.Rooms.Namespace(name)
}

// names returns the namespaces that take part.
func (i *Inlet) names() []string {
	if len(i.config.Namespaces) > 0 {
		return i.config.Namespaces
	}
	return i.options.Rooms.Names()
}
