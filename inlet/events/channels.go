package events

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"madang"
	"madang/internal/convention"
)

// Attributes of channels that backends can ask for. Others are not answered.
const (
	userCount         = "user_count"
	subscriptionCount = "subscription_count"
	cache             = "cache"
)

// attrs are the attributes of one channel.
type attrs map[string]any

// channels is Pusher's GET channels.
func (a *API) channels(c *call) (any, error) {
	prefix, info := c.query.Get("filter_by_prefix"), attributes(c.query.Get("info"))
	if slices.Contains(info, userCount) && !presence(prefix) {
		return nil, bad("user_count may only be requested for presence channels - please supply filter_by_prefix beginning with presence-")
	}
	counts, err := a.occupied(c, prefix)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(counts))
	for name := range counts {
		names = append(names, name)
	}
	all := make([]attrs, len(names))
	err = each(len(names), func(i int) (err error) {
		all[i], err = a.attributes(c, names[i], info, counts[names[i]])
		return err
	})
	if err != nil {
		return nil, err
	}
	byName := make(map[string]attrs, len(names))
	for i, name := range names {
		byName[name] = all[i]
	}
	return map[string]any{"channels": byName}, nil
}

// channel is Pusher's GET channels/{channel}.
func (a *API) channel(c *call) (any, error) {
	name, info := c.PathValue("channel"), attributes(c.query.Get("info"))
	if !convention.ValidName(name) {
		return nil, bad("Invalid channel name " + strconv.Quote(shorten(name)))
	}
	if slices.Contains(info, userCount) && !presence(name) {
		return nil, bad("user_count may only be requested for presence channels")
	}
	n, err := a.hub.OccupancyOf(c.Context(), c.target(name))
	if err != nil {
		return nil, err
	}
	answer, err := a.attributes(c, name, info, n)
	if err != nil {
		return nil, err
	}
	answer["occupied"] = n > 0
	return answer, nil
}

// users is Pusher's GET channels/{channel}/users. The parameter with_user_info=1, which is Soketi's, adds what is shown
// of them.
func (a *API) users(c *call) (any, error) {
	name := c.PathValue("channel")
	if !convention.ValidName(name) || !presence(name) {
		return nil, bad("Users can only be retrieved for presence channels")
	}
	members, err := a.members(c, name)
	if err != nil {
		return nil, err
	}
	users := make([]map[string]any, len(members))
	for i, m := range members {
		users[i] = map[string]any{"id": m.User}
		if c.query.Get("with_user_info") == "1" && len(m.Data) > 0 {
			users[i]["user_info"] = shown(m)
		}
	}
	return map[string]any{"users": users}, nil
}

// connections is Reverb's GET connections: how many there are of the app.
func (a *API) connections(c *call) (any, error) {
	n, err := a.hub.Connections(c.Context(), c.app.ID)
	if err != nil {
		return nil, err
	}
	return map[string]int{"connections": n}, nil
}

// describe returns attributes of several channels, in their order. One that a channel does not have is left out.
func (a *API) describe(c *call, names, info []string) ([]attrs, error) {
	all := make([]attrs, len(names))
	err := each(len(names), func(i int) error {
		n := 0
		if slices.Contains(info, subscriptionCount) {
			var err error
			if n, err = a.hub.OccupancyOf(c.Context(), c.target(names[i])); err != nil {
				return err
			}
		}
		var err error
		all[i], err = a.attributes(c, names[i], info, n)
		return err
	})
	return all, err
}

// attributes returns what is asked of a channel that n connections subscribe to.
func (a *API) attributes(c *call, name string, info []string, n int) (attrs, error) {
	all := attrs{}
	for _, what := range info {
		switch {
		case what == subscriptionCount:
			all[what] = n
		case what == userCount && presence(name):
			members, err := a.members(c, name)
			if err != nil {
				return nil, err
			}
			all[what] = len(members)
		case what == cache && convention.Cached(name):
			kept, err := a.cached(c, name)
			if err != nil {
				return nil, err
			}
			all[what] = kept
		}
	}
	return all, nil
}

// A cachedEvent is the last event of a cache channel.
type cachedEvent struct {
	Data string `json:"data"`
	TTL  int    `json:"ttl"` // seconds
}

// cached returns the last event of a cache channel, or nil.
func (a *API) cached(c *call, name string) (*cachedEvent, error) {
	page, err := a.hub.History(c.Context(), c.target(name), madang.HistoryQuery{Limit: 1, Reverse: true})
	if err != nil {
		return nil, err
	}
	for _, e := range page.Events {
		if e.Message == nil {
			continue
		}
		if left := a.cacheAge - a.hub.Now().Sub(e.Message.Time); left > 0 {
			return &cachedEvent{convention.ToText(e.Message), int(left / time.Second)}, nil
		}
	}
	return nil, nil
}

// occupied counts the app's channels whose names begin with a prefix. Reserved ones do not show.
func (a *API) occupied(c *call, prefix string) (map[string]int, error) {
	if strings.HasPrefix(prefix, "$") {
		return nil, nil
	}
	counts, err := a.hub.Occupancy(c.Context(), c.app.ID, prefix)
	if a.closed != nil { // whose home is there is nothing for backends
		maps.DeleteFunc(counts, func(name string, _ int) bool { return a.closed(c.target(name)) })
	}
	return counts, err // with an error they are those of some nodes, which would pass for those of all
}

// each calls f for 0 to n-1, several at a time, since each may ask the cluster. It returns the first error.
func each(n int, f func(int) error) error {
	const workers = 8
	var wait sync.WaitGroup
	errs := make([]error, min(n, workers))
	for w := range errs {
		wait.Go(func() {
			for i := w; i < n && errs[w] == nil; i += workers {
				errs[w] = f(i)
			}
		})
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
