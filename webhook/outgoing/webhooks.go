package outgoing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"madang"
	"madang/internal/convention"
	"madang/internal/seldom"
	"madang/webhook"
)

// A Cluster is the hub, as far as webhooks need it.
type Cluster interface {
	Node() madang.NodeID
	Nodes(context.Context) ([]madang.NodeID, error)
	Members(context.Context, madang.Channel) ([]madang.Member, error)
	OccupancyOf(context.Context, madang.Channel) (int, error)
}

var _ Cluster = (*madang.Hub)(nil)

// Options are what Webhooks need besides their settings.
type Options struct {
	Apps      *madang.Apps // whose keys sign
	Endpoints []Endpoint
	Cluster   Cluster
	Log       *slog.Logger
	Client    *http.Client // nil: one made of the settings. One of the caller's own should follow no redirects
}

// A Stat is what has become of one endpoint's events on this node.
type Stat struct {
	App, URL string // the URL without a password
	Waiting  int    // events in the queue
	Sent     uint64 // events that were taken
	Failed   uint64 // requests that were not
	Dropped  uint64 // events that were given up
}

// Webhooks tell the endpoints of apps what happens. Make them with New, show the hub their Observer and Watch, and call
// Start; afterwards Drain sends what is left.
type Webhooks struct {
	log      *slog.Logger
	cluster  Cluster
	mine     string // begins the names of this node's connections
	byApp    map[string][]*sink
	sinks    []*sink
	absences *absences

	ending  chan struct{}
	ended   sync.Once
	holding sync.WaitGroup // the worker of absences
	sending sync.WaitGroup // those of the sinks
	release context.CancelFunc
	stop    context.CancelFunc
}

// New returns the webhooks of some endpoints.
func New(c Config, o Options) (*Webhooks, error) {
	errs := []error{c.Validate()}
	for _, e := range o.Endpoints {
		errs = append(errs, e.validate(o.Apps))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("webhooks: %w", err)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Client == nil {
		var err error
		if o.Client, err = webhook.NewClient(c.ClientConfig, 1, o.Log); err != nil {
			return nil, fmt.Errorf("webhooks: %w", err)
		}
	}
	w := &Webhooks{
		log: o.Log, cluster: o.Cluster, mine: string(o.Cluster.Node()) + ".", byApp: map[string][]*sink{}, ending: make(chan struct{}),
	}
	for _, e := range o.Endpoints {
		s := &sink{
			Endpoint: e, cfg: c, key: o.Apps.ByID(e.App).Keys[0], client: o.Client, seldom: seldom.New(quiet),
			queue: newQueue(c.MaxQueue), ending: w.ending, log: o.Log.With("app", e.App, "url", shown(e.URL)),
		}
		w.sinks, w.byApp[e.App] = append(w.sinks, s), append(w.byApp[e.App], s)
	}
	w.absences = newAbsences(c.Delay, w.elsewhere, w.tell)
	return w, nil
}

// shown is an address without its password.
func shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Redacted()
}

// Enabled reports whether there is anybody to tell.
func (w *Webhooks) Enabled() bool { return len(w.sinks) > 0 }

// Stats returns what has become of the events so far, for each endpoint.
func (w *Webhooks) Stats() []Stat {
	all := make([]Stat, 0, len(w.sinks))
	for _, s := range w.sinks {
		st := s.stat()
		st.URL = shown(st.URL)
		all = append(all, st)
	}
	return all
}

// Start begins to send. ctx must outlast Drain.
func (w *Webhooks) Start(ctx context.Context) error {
	var holding, sending context.Context
	holding, w.release = context.WithCancel(ctx)
	sending, w.stop = context.WithCancel(ctx)
	w.holding.Go(func() { w.absences.run(holding) })
	for _, s := range w.sinks {
		w.sending.Go(func() { s.run(sending) })
	}
	return nil
}

// settle is how long after the last connection the hub may still tell that channels are vacated.
const settle = 200 * time.Millisecond

// Drain tells what was held back, and returns when everything is sent or ctx ends; what is left then is lost, and logged.
func (w *Webhooks) Drain(ctx context.Context) {
	if w.stop == nil {
		return // never started
	}
	w.ended.Do(func() {
		late := time.NewTimer(w.patience(ctx))
		defer late.Stop()
		select {
		case <-late.C:
		case <-ctx.Done():
		}
		w.release()
		w.holding.Wait()
		w.absences.flush(ctx)
		close(w.ending)
		defer context.AfterFunc(ctx, w.stop)()
		w.sending.Wait()
		w.stop()
	})
}

// patience is how long Drain waits for what may still happen. Where there are other nodes, clients of this one are on
// their way to them, and what is held back is not told before its time; but half of the time there is, is for sending.
func (w *Webhooks) patience(ctx context.Context) time.Duration {
	wait := settle
	if nodes, err := w.cluster.Nodes(ctx); err == nil && len(nodes) > 1 {
		wait += w.absences.delay
	}
	if end, ok := ctx.Deadline(); ok {
		wait = min(wait, time.Until(end)/2)
	}
	return wait
}

// wanted reports whether anybody is told events of that kind in a channel.
func (w *Webhooks) wanted(kind string, c madang.Channel) bool {
	if c.Reserved() {
		return false
	}
	for _, s := range w.byApp[c.App] {
		if s.wants(kind, c.Name) {
			return true
		}
	}
	return false
}

// tell gives a fact to those who want it.
func (w *Webhooks) tell(f fact) {
	for _, s := range w.byApp[f.channel.App] {
		if s.wants(f.kind, f.channel.Name) {
			s.push(f)
		}
	}
}

// CacheMiss tells that somebody subscribed to a cache channel that holds no event.
func (w *Webhooks) CacheMiss(c madang.Channel) {
	if w.wanted(cacheMiss, c) {
		w.tell(newFact(c, wire{Name: cacheMiss}))
	}
}

// SubscriptionCount tells how many subscribe to a channel. Of counts that wait, only a channel's newest is sent.
func (w *Webhooks) SubscriptionCount(c madang.Channel, n int) {
	if w.wanted(subscriptionCount, c) {
		w.tell(newFact(c, wire{Name: subscriptionCount, SubscriptionCount: &n}))
	}
}

// received tells a client event, if the client is on this node: each node hears of it.
func (w *Webhooks) received(e *madang.Event) {
	if e.Kind != madang.MessageEvent || !convention.ClientEvent(e.Message.Name) || !strings.HasPrefix(string(e.Message.Sender.Conn), w.mine) {
		return
	}
	if w.wanted(clientEvent, e.Message.Channel) {
		w.tell(clientFact(e.Message))
	}
}
