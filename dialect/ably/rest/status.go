package rest

import (
	"maps"
	"slices"
	"time"

	"madang"
	"madang/dialect/ably/capability"
	"madang/dialect/ably/shape"
)

// details say how a channel is doing.
type details struct {
	ID     string        `json:"channelId"`
	Name   string        `json:"name"`
	Status channelStatus `json:"status"`
}

type channelStatus struct {
	Active    bool      `json:"isActive"`
	Occupancy occupancy `json:"occupancy"`
}

type occupancy struct {
	Metrics shape.Metrics `json:"metrics"`
}

// status answers how a channel is doing.
func (a *API) status(c *call) (*answer, error) {
	ch, err := c.channel(capability.ChannelMetadata)
	if err != nil {
		return nil, err
	}
	subscribers, err := a.hub.OccupancyOf(c.r.Context(), ch)
	if err != nil { // a node did not answer in time: the count of the others is better than none
		a.log.Warn("the occupancy of a channel is not complete", "channel", ch.String(), "error", err)
	}
	out, err := c.detailsOf(ch, subscribers)
	if err != nil {
		return nil, err
	}
	return &answer{value: out}, nil
}

func (c *call) detailsOf(ch madang.Channel, subscribers int) (*details, error) {
	members, err := c.api.hub.Members(c.r.Context(), ch)
	if err != nil {
		return nil, err
	}
	m := shape.MetricsOf(subscribers, members)
	active := m.Connections > 0
	if !active {
		if active, err = c.lively(ch); err != nil {
			return nil, err
		}
	}
	return &details{ID: ch.Name, Name: ch.Name, Status: channelStatus{Active: active, Occupancy: occupancy{m}}}, nil
}

// activeTime is for how long a channel without anybody is active after something was published there.
const activeTime = time.Minute

// lively reports whether something was published in a channel lately.
func (c *call) lively(ch madang.Channel) (bool, error) {
	page, err := c.api.hub.History(c.r.Context(), ch, madang.HistoryQuery{Limit: 1, Reverse: true})
	if err != nil || len(page.Events) == 0 {
		return false, err
	}
	var at time.Time
	switch e := page.Events[0]; {
	case e.Message != nil:
		at = e.Message.Time
	case e.Member != nil:
		at = e.Member.Since
	}
	return c.api.hub.Now().Sub(at) < activeTime, nil
}

// channels lists the channels that somebody subscribes to: how they are doing or, with by=id, their names. It is the app's
// business, so it takes a right to all channels.
func (a *API) channels(c *call) (*answer, error) {
	if err := c.authenticate(); err != nil {
		return nil, err
	}
	if !c.details.Capability.Everywhere(capability.ChannelMetadata) {
		return nil, denied(capability.ChannelMetadata)
	}
	limit, err := c.limit()
	if err != nil {
		return nil, err
	}
	by := c.query.Get("by")
	if by == "" && c.version() < 3 {
		by = "value"
	}
	if by != "" && by != "id" && by != "value" {
		return nil, badParameter("by", "it is id or value")
	}
	after, err := afterCursor(c.query.Get(cursorName))
	if err != nil {
		return nil, err
	}
	counts, err := a.hub.Occupancy(c.r.Context(), c.details.App, c.query.Get("prefix"))
	if err != nil {
		a.log.Warn("the list of channels is not complete", "app", c.details.App, "error", err)
	}
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(counts)), func(name string) bool {
		_, _, _, err := shape.SplitName(name)
		return err != nil // other dialects may call a channel what no client of this one can
	})
	page, next := cut(names, func(name *string) string { return *name }, after, limit)
	page = slices.DeleteFunc(slices.Clone(page), func(name string) bool { // a page may have less than it could
		return c.allowed(madang.ActOccupancy, madang.Channel{App: c.details.App, Name: name}) != nil
	})
	if by != "value" {
		return &answer{value: append([]string{}, page...), links: c.links(next)}, nil
	}
	all := []*details{}
	for _, name := range page {
		d, err := c.detailsOf(madang.Channel{App: c.details.App, Name: name}, counts[name])
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return &answer{value: all, links: c.links(next)}, nil
}
