package madang

// An Observer is told what happens in a hub: for metrics, webhooks, and features that care who comes and goes. Nil
// functions are skipped. They must not wait.
type Observer struct {
	Opened    func(*Line)              // a link came
	Connected func(*Conn)              // a connection was authenticated
	Renewed   func(*Conn)              // it has another principal, before its subscriptions are asked for again
	Lent      func(*Subscription)      // it subscribes by the right of somebody else: see [Grant.By]
	Closed    func(*Conn, CloseReason) // a connection ended
	Occupied  func(Channel)            // the first subscriber on this node
	Vacated   func(Channel)            // the last one left this node
	Joined    func(Channel, Member)    // a user's first connection entered, anywhere
	Left      func(Channel, Member)    // a user's last connection left, anywhere; also when its node died
	Received  func(*Event)             // an event reached this node for its subscribers
	Slow      func(*Line, uint64)      // a link is closed because it lags by so many bytes
	Lost      func(Channel, Position)  // events of a channel after a position may never have reached this node

	// PresenceChanged tells that an entry of a presence set came, changed or went: also another connection of a user who is
	// there. It is told on one node: that of the connection, or the one that found its node dead.
	PresenceChanged func(Channel)

	// OccupiedAnywhere and VacatedEverywhere tell of the first subscriber to a channel in the whole cluster and of the
	// last, on one node; also when the last one's node died. They are told for the channels of [Config.Watch].
	OccupiedAnywhere  func(Channel)
	VacatedEverywhere func(Channel)
}
