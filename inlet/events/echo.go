package events

import (
	"encoding/json"
	"runtime/metrics"
)

// An echoView is a channel as laravel-echo-server shows it.
type echoView struct {
	Subscriptions int  `json:"subscription_count"`
	Occupied      bool `json:"occupied"`
	Users         *int `json:"user_count,omitempty"` // of presence channels
}

// echoChannels is laravel-echo-server's GET channels.
func (a *API) echoChannels(c *call) (any, error) {
	counts, err := a.occupied(c, c.query.Get("filter_by_prefix"))
	if err != nil {
		return nil, err
	}
	all := make(map[string]echoView, len(counts))
	for name, n := range counts {
		all[name] = echoView{Subscriptions: n, Occupied: n > 0}
	}
	return map[string]any{"channels": all}, nil
}

// echoChannel is laravel-echo-server's GET channels/{channel}. A channel that cannot be is one without subscribers.
func (a *API) echoChannel(c *call) (any, error) {
	name := c.PathValue("channel")
	if !possible(name) {
		return echoView{}, nil
	}
	n, err := a.hub.OccupancyOf(c.Context(), c.target(name))
	if err != nil {
		return nil, err
	}
	view := echoView{Subscriptions: n, Occupied: n > 0}
	if presence(name) {
		members, err := a.members(c, name)
		if err != nil {
			return nil, err
		}
		users := len(members)
		view.Users = &users
	}
	return view, nil
}

// An echoUser is a member as laravel-echo-server shows it: the id is of the type that the backend gave it.
type echoUser struct {
	ID   json.RawMessage `json:"id"`
	Info any             `json:"user_info,omitempty"`
}

// echoUsers is laravel-echo-server's GET channels/{channel}/users.
func (a *API) echoUsers(c *call) (any, error) {
	name := c.PathValue("channel")
	if !presence(name) {
		return nil, bad("User list is only possible for Presence Channels")
	}
	users := []echoUser{}
	if !possible(name) {
		return map[string]any{"users": users}, nil
	}
	members, err := a.members(c, name)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		u := echoUser{ID: m.RawUser}
		if len(u.ID) == 0 {
			if u.ID, err = json.Marshal(m.User); err != nil {
				return nil, err
			}
		}
		if len(m.Data) > 0 {
			u.Info = shown(m)
		}
		users = append(users, u)
	}
	return map[string]any{"users": users}, nil
}

// An echoMemory has Node's names for what a process uses, in bytes. What only Node has is 0.
type echoMemory struct {
	RSS          uint64 `json:"rss"`
	HeapTotal    uint64 `json:"heapTotal"`
	HeapUsed     uint64 `json:"heapUsed"`
	External     uint64 `json:"external"`
	ArrayBuffers uint64 `json:"arrayBuffers"`
}

// echoStatus is laravel-echo-server's GET status.
func (a *API) echoStatus(c *call) (any, error) {
	n, err := a.hub.Connections(c.Context(), c.app.ID)
	if err != nil {
		return nil, err
	}
	return struct {
		Connections int        `json:"subscription_count"`
		Uptime      float64    `json:"uptime"` // seconds
		Memory      echoMemory `json:"memory_usage"`
	}{n, a.hub.Now().Sub(a.started).Seconds(), memory()}, nil
}

// memory asks the runtime, without stopping the program as runtime.ReadMemStats would.
func memory() echoMemory {
	s := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"},
	}
	metrics.Read(s)
	used := s[2].Value.Uint64()
	return echoMemory{
		RSS: s[0].Value.Uint64() - s[1].Value.Uint64(), HeapTotal: used + s[3].Value.Uint64(), HeapUsed: used,
	}
}
