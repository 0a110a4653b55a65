package device

import "time"

// A Token is the record of what a paired person shows: without it, what they show is worth nothing.
type Token struct {
	App       string
	ID        string // the jti
	Person    string
	Hub       string // serial; nothing else can be commanded by it
	IssuedAt  time.Time
	ExpiresAt time.Time
}

// An Act is a kind of event in the audit log.
type Act string

// Acts. The names are stored, and shown to owners.
const (
	ActRegistered  Act = "hub_registered"
	ActPlaceMade   Act = "place_made"
	ActPlaceNamed  Act = "place_named"
	ActCodeAsked   Act = "code_asked"
	ActPaired      Act = "paired"
	ActUnpaired    Act = "unpaired"
	ActHubRemoved  Act = "hub_removed"
	ActRevoked     Act = "hub_revoked"
	ActInvited     Act = "invited"
	ActJoined      Act = "joined"
	ActRemoved     Act = "member_removed"
	ActRole        Act = "role_set"
	ActPlaceGone   Act = "place_deleted"
	ActCommand     Act = "command"
	ActCommandDone Act = "command_ended"
	ActOnline      Act = "hub_online"
	ActOffline     Act = "hub_offline"
	ActPressed     Act = "button_pressed"
)

// An AuditEntry says what happened at a place or a hub. It has no secrets in it.
type AuditEntry struct {
	ID      int64 // given by the Store; grows
	At      time.Time
	App     string
	Place   string // empty: the hub has none yet
	Hub     string
	Device  string
	Command string // id
	Person  string // who did it; empty: the hub or the server
	Act     Act
	Detail  string // short
}

// An AuditQuery chooses entries of a place.
type AuditQuery struct {
	App    string
	Place  string
	Before int64 // entries with a smaller id; 0: from the newest on
	Limit  int   // 1 to MaxAudit
}

// MaxAudit is how many entries are given at once.
const MaxAudit = 200
