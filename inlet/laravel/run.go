package laravel

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// firstRetry is the pause after the first failure. The following ones are twice as long each.
const firstRetry = 50 * time.Millisecond

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

// session is the life of one connection. It calls ready when Redis has confirmed what we listen to.
func (i *Inlet) session(ready func()) error {
	ctx, end := context.WithCancel(i.life)
	defer end()
	client, err := i.dialer.dial(ctx)
	if err != nil {
		return err
	}
	var telling sync.WaitGroup
	defer telling.Wait()
	defer client.Close()
	defer end() // before the client is closed, which would else wait for a Redis that is silent
	if i.config.PublishPresence {
		telling.Go(func() { i.publishPresence(ctx, client) })
	}
	return listen(ctx, client, i.patterns(), ready, i.hear)
}

// patterns returns what to ask Redis for. To have the connection watched there must be something, so who only publishes
// hears itself.
func (i *Inlet) patterns() []string {
	if i.config.PublishOnly {
		return []string{presenceChannel}
	}
	return i.prefixes.patterns()
}

// up notes that Redis is heard.
func (i *Inlet) up() {
	now := i.hub.Now()
	i.mu.Lock()
	down, again := now.Sub(i.since), i.outages > 0 || i.said != ""
	if i.outages > 0 {
		i.down += down
	}
	i.connected, i.since, i.fault, i.said = true, now, nil, ""
	i.mu.Unlock()
	if again {
		// It takes up to a heartbeat and a timeout until a connection that is silent is found dead.
		i.log.Info("Laravel's Redis is heard again; what was published in between is lost", "redis", i.config.place(),
			"down", down.Round(time.Millisecond), "unnoticed_at_most", 2*i.config.Heartbeat+i.config.Timeout)
	} else if i.config.PublishOnly {
		i.log.Info("publishing who is in presence channels, for Laravel", "redis", i.config.place())
	} else {
		i.log.Info("listening to what Laravel publishes", "redis", i.config.place(), "prefixes", i.config.Prefixes)
	}
	if f := i.options.Observer.Connected; f != nil {
		f(down)
	}
}

// lost notes that Redis is not heard. Each outage is logged once, and again only when its reason has become another one.
func (i *Inlet) lost(err error, closing bool) {
	words := explain(err)
	i.mu.Lock()
	was := i.connected
	if was {
		i.connected, i.since = false, i.hub.Now()
	}
	i.fault = err
	say := !closing && i.said != words
	if !closing {
		i.said = words
		if was {
			i.outages++
		}
	}
	i.mu.Unlock()
	if say {
		i.log.Warn("Laravel's Redis is not heard: "+words, "redis", i.config.place(), "error", err)
	}
	if f := i.options.Observer.Lost; f != nil && was && !closing {
		f(err)
	}
}
