package emitter

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

const (
	firstRetry = 50 * time.Millisecond // after the first failure; the following pauses are twice as long each
	newNames   = time.Second           // how often to look for namespaces that have been made
	waiting    = 64                    // messages that may wait to be taken; then Redis has to
)

// run connects again and again.
func (i *Inlet) run() {
	var first sync.Once
	answered := func() { first.Do(func() { close(i.first) }) }
	defer answered()
	pause := firstRetry
	for {
		heard := false
		err := i.session(func() {
			heard = true
			i.up()
			answered()
		})
		if i.life.Err() != nil {
			i.lost(i.life.Err(), true)
			return
		}
		i.lost(err, false)
		answered()
		if heard {
			pause = firstRetry
		}
		// Nodes that lost the same Redis must not come back at the same moment.
		select {
		case <-time.After(pause/2 + rand.N(pause/2+1)):
		case <-i.life.Done():
		}
		pause = min(2*pause, i.config.RetryMax)
	}
}

// errEnded says why a session is over when the client does not.
var errEnded = errors.New("the connection has ended")

// session is the life of one connection. It calls ready when all that is published from then on is heard.
func (i *Inlet) session(ready func()) error {
	ctx, end := context.WithCancel(i.life)
	defer end()
	client, err := i.options.Dial(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	e := &ear{i: i, messages: make(chan rueidis.PubSubMessage, waiting), subscribed: map[string]bool{}}
	dedicated, release := client.Dedicate()
	defer release()
	ended := dedicated.SetPubSubHooks(rueidis.PubSubHooks{OnMessage: func(m rueidis.PubSubMessage) {
		select {
		case e.messages <- m:
		case <-ctx.Done():
		}
	}})
	e.client = dedicated
	if err := e.begin(ctx); err != nil {
		return err
	}
	if i.config.Streams {
		if err := i.findPlace(ctx, client); err != nil {
			return err
		}
	}
	ready()
	failed := make(chan error, 2)
	var tasks sync.WaitGroup
	defer tasks.Wait()
	defer end()
	tasks.Go(func() { failed <- i.publish(ctx, client) })
	if i.config.Streams {
		tasks.Go(func() { failed <- i.read(ctx, client) })
	}
	tick := time.NewTicker(newNames)
	defer tick.Stop()
	for {
		select {
		case m := <-e.messages:
			i.hear(ctx, m)
		case <-tick.C:
			if err := e.more(ctx); err != nil {
				return err
			}
		case err := <-ended:
			return errors.Join(errEnded, err)
		case err := <-failed:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// An ear is what a session listens with.
type ear struct {
	i          *Inlet
	client     rueidis.DedicatedClient
	messages   chan rueidis.PubSubMessage
	subscribed map[string]bool // exact channels
}

// begin subscribes to all there is.
func (e *ear) begin(ctx context.Context) error {
	if e.i.config.PubSub {
		patterns := []string{e.i.config.broadcastPattern("")}
		if names := e.i.config.Namespaces; len(names) > 0 {
			patterns = nil
			for _, n := range names {
				patterns = append(patterns, e.i.config.broadcastPattern(n))
			}
		}
		if err := e.client.Do(ctx, e.client.B().Psubscribe().Pattern(patterns...).Build()).Error(); err != nil {
			return fmt.Errorf("subscribe to broadcasts: %w", err)
		}
	}
	return e.more(ctx)
}

// more subscribes to the questions of namespaces that have been made meanwhile. Servers count who subscribes to exactly these
// channels, and wait for as many answers.
func (e *ear) more(ctx context.Context) error {
	var fresh []string
	for _, n := range e.i.names() {
		if e.i.config.PubSub {
			fresh = e.missing(fresh, e.i.config.requestChannel(n))
		}
		if e.i.config.Streams {
			fresh = e.missing(fresh, e.i.config.publicChannel(n))
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	if err := e.client.Do(ctx, e.client.B().Subscribe().Channel(fresh...).Build()).Error(); err != nil {
		return fmt.Errorf("subscribe to questions: %w", err)
	}
	return nil
}

func (e *ear) missing(list []string, channel string) []string {
	if e.subscribed[channel] {
		return list
	}
	e.subscribed[channel] = true
	return append(list, channel)
}

// up notes that Redis is heard.
func (i *Inlet) up() {
	now := i.options.Now()
	i.mu.Lock()
	down, again := now.Sub(i.since), i.outages > 0 || i.said != ""
	if i.outages > 0 {
		i.down += down
	}
	i.connected, i.since, i.fault, i.said = true, now, nil, ""
	i.mu.Unlock()
	if again {
		i.log.Info("Redis is heard again as a Socket.IO server; what was published in between is lost", "down", down.Round(time.Millisecond))
		return
	}
	i.log.Info("listening in Redis as a Socket.IO server", "key", i.config.Key, "pubsub", i.config.PubSub, "streams", i.config.Streams)
}

// lost notes that Redis is not heard. Each outage is logged once, and again only when its reason has become another one.
func (i *Inlet) lost(err error, closing bool) {
	i.mu.Lock()
	was := i.connected
	if was {
		i.connected, i.since = false, i.options.Now()
	}
	i.fault = err
	say := !closing && i.said != err.Error()
	if !closing {
		i.said = err.Error()
		if was {
			i.outages++
		}
	}
	i.mu.Unlock()
	if say {
		i.log.Warn("Redis is not heard as a Socket.IO server", "error", err)
	}
}
