package workload

import (
	"flag"
	"time"
)

// A Scale says how much of everything the workloads do.
type Scale struct {
	Warm   time.Duration `json:"warm"`   // before a measured window
	Window time.Duration `json:"window"` // a measured window
	Settle time.Duration `json:"settle"` // before memory is read
	Arrive time.Duration `json:"arrive"` // the longest that messages in flight may take in the end

	Data     int `json:"data"`     // bytes of a message's data
	Parallel int `json:"parallel"` // connections being set up at a time

	Fan        int `json:"fan"`         // subscribers of the fan-out
	Burst      int `json:"burst"`       // messages in flight in bursts
	Large      int `json:"large"`       // subscribers of the large fan-out
	LargeBurst int `json:"large_burst"` // messages in flight there
	Rooms      int `json:"rooms"`
	Members    int `json:"members"` // of each small room
	Idle       int `json:"idle"`    // idle connections
	Broadcasts int `json:"broadcasts"`
	Connects   int `json:"connects"`
	Acks       int `json:"acks"` // connections that ask

	Healthy     int           `json:"healthy"` // readers beside the stalled ones
	Stalled     int           `json:"stalled"`
	StalledData int           `json:"stalled_data"` // bytes
	StalledRate int           `json:"stalled_rate"` // messages a second
	StalledTime time.Duration `json:"stalled_time"`
}

// Full returns the scale of published figures.
func Full() Scale {
	return Scale{
		Warm: 1500 * time.Millisecond, Window: 4 * time.Second, Settle: 4 * time.Second, Arrive: time.Minute,
		Data: 128, Parallel: 32,
		Fan: 1000, Burst: 64, Large: 5000, LargeBurst: 2,
		Rooms: 500, Members: 10,
		Idle: 5000, Broadcasts: 20,
		Connects: 3000, Acks: 100,
		Healthy: 50, Stalled: 20, StalledData: 1024, StalledRate: 1500, StalledTime: 10 * time.Second,
	}
}

// Short returns the scale of a smoke test: every step, no meaningful figures.
func Short() Scale {
	return Scale{
		Warm: 100 * time.Millisecond, Window: 300 * time.Millisecond, Settle: 200 * time.Millisecond, Arrive: 15 * time.Second,
		Data: 128, Parallel: 16,
		Fan: 100, Burst: 16, Large: 200, LargeBurst: 2,
		Rooms: 20, Members: 5,
		Idle: 200, Broadcasts: 3,
		Connects: 100, Acks: 10,
		Healthy: 5, Stalled: 2, StalledData: 1024, StalledRate: 500, StalledTime: time.Second,
	}
}

// Flags adds a flag for what is often changed.
func (s *Scale) Flags(fs *flag.FlagSet) {
	fs.DurationVar(&s.Window, "window", s.Window, "measured `time` of each throughput workload")
	fs.DurationVar(&s.Settle, "settle", s.Settle, "`time` before idle memory is read")
	fs.IntVar(&s.Fan, "fan", s.Fan, "`subscribers` of the fan-out")
	fs.IntVar(&s.Large, "large", s.Large, "`subscribers` of the large fan-out")
	fs.IntVar(&s.Rooms, "rooms", s.Rooms, "small `rooms`")
	fs.IntVar(&s.Idle, "idle", s.Idle, "idle `connections`")
	fs.IntVar(&s.Connects, "connects", s.Connects, "`connections` of the storm")
	fs.IntVar(&s.Acks, "acks", s.Acks, "`connections` that ask for acknowledgements")
	fs.IntVar(&s.Healthy, "healthy", s.Healthy, "healthy `readers` beside the stalled ones")
	fs.IntVar(&s.Stalled, "stalled", s.Stalled, "stalled `readers`")
	fs.DurationVar(&s.StalledTime, "stalled-time", s.StalledTime, "`time` of publishing past stalled readers")
}

// Connections returns the most connections that are open at a time.
func (s *Scale) Connections() int {
	return max(s.Fan, s.Large, s.Rooms*s.Members, s.Idle, s.Connects, s.Acks, s.Healthy+s.Stalled) + 1
}

// Valid reports whether every count and time can be measured.
func (s *Scale) Valid() bool {
	for _, n := range []int{
		s.Data, s.Parallel, s.Fan, s.Burst, s.Large, s.LargeBurst, s.Rooms, s.Members,
		s.Idle, s.Connects, s.Acks, s.Healthy, s.Stalled, s.StalledData, s.StalledRate,
	} {
		if n < 1 {
			return false
		}
	}
	return s.Window > 0 && s.StalledTime > 0 && s.Warm >= 0 && s.Settle >= 0 && s.Arrive > 0 && s.Broadcasts >= 0
}
