package chat

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"madang"
)

// Config is what can be set about chat.
type Config struct {
	// MaxTextRunes is the greatest length of a message in characters (code points). Default 5000.
	MaxTextRunes int `doc:"greatest length of a message in characters"`
	// MaxTextBytes is the greatest length of a message in bytes of UTF-8. Default 20000, enough for 5000 of any characters.
	MaxTextBytes int `doc:"greatest length of a message in bytes of UTF-8"`
	// MaxNameRunes is the greatest length of a room's name in characters. Default 100.
	MaxNameRunes int `doc:"greatest length of a room's name in characters"`
	// MaxFirstMembers is how many members a room may be created with. Default 100.
	MaxFirstMembers int `doc:"how many members a room may be created with"`

	// ChooseIDs lets who makes a room choose its id. Default false: ids are part of channels' names, so one who may choose
	// them could sit down in a channel that an app of the operator's own uses.
	ChooseIDs bool `yaml:"choose_ids" doc:"let who makes a room choose its id"`
	// DefaultRoom is a public room that everybody is in: where a message goes that names no room.
	DefaultRoom DefaultRoom `doc:"the public room that everybody is in, and where a message goes that names no room"`
	// MaxLiveRooms is in how many of a user's rooms, the most lively first, a connection hears events. Default 1000. The
	// core's limit of subscriptions may be lower.
	MaxLiveRooms int `doc:"in how many of a user's rooms, the most lively first, a connection hears events"`
	// ReceiptMembers is up to how many members of a room are told how far others have read. In larger rooms a read event
	// goes to the reader's own connections only. Default 300.
	ReceiptMembers int `doc:"up to how many members of a room are told how far others have read"`
	// PresenceMembers is up to how many members of a room are told who comes and goes. Default 1000.
	PresenceMembers int `doc:"up to how many members of a room are told who comes and goes"`
	// UnknownUsers lets people be added to rooms who have never been here. Default true. Off, a mistyped name is an error; on, a
	// backend can make rooms for people before they come.
	UnknownUsers bool `doc:"let people be added to rooms who have never been here"`

	// Echo is how Laravel Echo and Pusher clients hear rooms.
	Echo EchoConfig `doc:"how Laravel Echo and Pusher clients hear rooms"`
	// Ably is how Ably clients hear rooms.
	Ably AblyConfig `doc:"how Ably clients hear rooms"`
}

// An EchoConfig is how Laravel Echo and Pusher clients hear rooms: messages in the channel private-<prefix><room>, who is
// there in presence-<prefix><room>. A Laravel app that has private channels of such names itself keeps those that are no
// room's.
type EchoConfig struct {
	// Enabled puts messages and presence there. Default true. To a channel without subscribers it costs next to nothing.
	Enabled bool `doc:"put messages and presence where Laravel Echo and Pusher clients look"`
	// Event is the event's name. Default App\Events\ChatMessageSent, which Echo's listen('ChatMessageSent') hears.
	Event string `doc:"name of the event of a message"`
	// Prefix is what is before the room's id, without private- and presence-. Default "chat.": Echo.private('chat.7').
	Prefix string `doc:"what is before the room's id in channel names, without private- and presence-"`
	// PresenceRooms is in how many of its user's rooms, the most lively first, a connection to the chat itself is shown in
	// the presence channel. Default 20: each costs an entry in the cluster's presence when a connection comes and goes.
	// Rooms that the user joins meanwhile come on top. Rooms with more than presence_members are left out.
	PresenceRooms int `doc:"in how many of its user's rooms, the most lively first, a connection to the chat is shown in the presence channel"`
}

// An AblyConfig is how Ably clients hear rooms: in the channel that has the room's id as its name, the event named after
// the sender and the text as its data. What members publish there are messages of the room; see Feature.Take.
type AblyConfig struct {
	// Enabled puts messages there. Default false: channels of such names are otherwise everybody's. While it is on, rooms
	// that are not public are refused to who is not a member.
	Enabled bool `doc:"put messages in the channel named by the room's id"`
}

// A DefaultRoom is the room of Config.DefaultRoom. Without an ID there is none.
type DefaultRoom struct {
	ID   string `doc:"id of the room; empty: there is no such room"`
	Name string `doc:"name of the room when it is made"`
}

// Defaults returns the configuration for when nothing is set.
func Defaults() Config {
	return Config{
		MaxTextRunes: 5000, MaxTextBytes: 20000, MaxNameRunes: 100, MaxFirstMembers: 100,
		DefaultRoom:  DefaultRoom{ID: "lobby", Name: "Lobby"},
		MaxLiveRooms: 1000, ReceiptMembers: 300, PresenceMembers: 1000, UnknownUsers: true,
		Echo: EchoConfig{Enabled: true, Event: `App\Events\ChatMessageSent`, Prefix: "chat.", PresenceRooms: 20},
	}
}

// Validate reports what cannot work.
func (c Config) Validate() error {
	var errs []error
	for _, v := range []struct {
		name         string
		value, least int
	}{
		{"max_text_runes", c.MaxTextRunes, 1},
		{"max_text_bytes", c.MaxTextBytes, 1},
		{"max_name_runes", c.MaxNameRunes, 1},
		{"max_first_members", c.MaxFirstMembers, 1},
		{"max_live_rooms", c.MaxLiveRooms, 1},
		{"receipt_members", c.ReceiptMembers, 0},
		{"presence_members", c.PresenceMembers, 0},
		{"echo.presence_rooms", c.Echo.PresenceRooms, 0},
	} {
		if v.value < v.least {
			errs = append(errs, fmt.Errorf("chat: %s is %d, must be at least %d", v.name, v.value, v.least))
		}
	}
	if c.DefaultRoom.ID != "" {
		if err := checkRoomID(c.DefaultRoom.ID); err != nil {
			errs = append(errs, fmt.Errorf("chat: default_room.id: %w", err))
		}
	}
	if c.Echo.Enabled {
		errs = append(errs, c.Echo.validate())
	}
	return errors.Join(errs...)
}

func (c EchoConfig) validate() error {
	if c.Event == "" {
		return errors.New("chat: echo.event is empty: without a name nobody can listen to it")
	}
	if sealed := "encrypted-"; strings.HasPrefix(c.Prefix, sealed) || strings.HasPrefix(sealed, c.Prefix) {
		return fmt.Errorf("chat: echo.prefix is %q, with which names may begin with private-encrypted-: "+
			"the events of such channels are sealed by who publishes them", c.Prefix)
	}
	for _, name := range []string{privatePrefix, presencePrefix} {
		ch := madang.Channel{Name: name + c.Prefix + strings.Repeat("x", MaxRoomID)}
		if err := ch.Validate(); err != nil {
			return fmt.Errorf("chat: echo.prefix is %q: %w", c.Prefix, err)
		}
	}
	return nil
}

func (c Config) text() TextLimits { return TextLimits{Runes: c.MaxTextRunes, Bytes: c.MaxTextBytes} }

func (c Config) name() TextLimits {
	return TextLimits{Runes: c.MaxNameRunes, Bytes: 4 * c.MaxNameRunes}
}

// An Option sets what a Service, or the Feature that has it, takes from its surroundings.
type Option func(*Service)

// WithClock makes a Service take the time from now instead of time.Now.
func WithClock(now func() time.Time) Option { return func(s *Service) { s.now = now } }

// WithIDs makes a Service take the ids of new rooms from newID, which must return a different valid room id at every
// call, instead of 26 random letters and digits.
func WithIDs(newID func() string) Option { return func(s *Service) { s.newID = newID } }

// WithLog makes a Service log. The default is not to.
func WithLog(log *slog.Logger) Option { return func(s *Service) { s.log = log } }

// WithNode names the node by which a Feature claims what it publishes. A name that is the same after a restart lets it
// publish at once what it had left when it died, but no two running nodes on one store may have the same. The default is
// the hub's name, which is new at every start: what is left waits until the lease of the dead one is over.
func WithNode(name string) Option { return func(s *Service) { s.node = name } }

// WithLease says how long a node that has died holds what it had claimed to publish. Default 10 s.
func WithLease(d time.Duration) Option { return func(s *Service) { s.lease = d } }

// New returns a Service that keeps its data in store, which stays the caller's to close.
func New(c Config, store Store, options ...Option) (*Service, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := &Service{
		config: c, store: store, now: time.Now, newID: rand.Text, log: slog.New(slog.DiscardHandler), lease: 10 * time.Second,
	}
	for _, o := range options {
		o(s)
	}
	return s, nil
}
