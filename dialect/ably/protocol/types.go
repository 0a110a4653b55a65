package protocol

import "encoding/json"

// An Action says what a [Frame] is.
type Action int

// Actions. Others exist, and are to be ignored.
const (
	Heartbeat    Action = 0
	Ack          Action = 1
	Nack         Action = 2
	Connected    Action = 4
	Disconnect   Action = 5
	Disconnected Action = 6
	Close        Action = 7
	Closed       Action = 8
	Error        Action = 9
	Attach       Action = 10
	Attached     Action = 11
	Detach       Action = 12
	Detached     Action = 13
	Presence     Action = 14
	Messages     Action = 15
	Sync         Action = 16
	Auth         Action = 17
	Activate     Action = 18
	Objects      Action = 19
	Annotation   Action = 21
)

// Flags of ATTACH and ATTACHED.
const (
	HasPresence       = 1 << 0 // members will follow, as SYNC
	HasBacklog        = 1 << 1 // messages will follow that were published before
	Resumed           = 1 << 2 // nothing was missed
	AttachResume      = 1 << 5 // the client was attached before
	ModePresence      = 1 << 16
	ModePublish       = 1 << 17
	ModeSubscribe     = 1 << 18
	ModePresenceSub   = 1 << 19
	ModeAnnotate      = 1 << 21
	ModeAnnotationSub = 1 << 22
	ModeObjectSub     = 1 << 24
	ModeObjectPublish = 1 << 25
)

// Actions of messages.
const (
	MessageCreate  = 0
	MessageUpdate  = 1
	MessageDelete  = 2
	MessageMeta    = 3
	MessageSummary = 4
	MessageAppend  = 5
)

// Actions of annotations.
const (
	AnnotationCreate = 0
	AnnotationDelete = 1
)

// Actions of presence messages.
const (
	PresenceAbsent  = 0
	PresencePresent = 1
	PresenceEnter   = 2
	PresenceLeave   = 3
	PresenceUpdate  = 4
)

// A Frame is what one frame holds, in either direction: Ably's ProtocolMessage. Zero fields are not on the wire, save those
// that an action cannot be without.
type Frame struct {
	Action            Action             `json:"action"`
	ID                string             `json:"id"`
	Channel           string             `json:"channel"`
	OfChannel         bool               `json:"-"` // Channel is on the wire even if it is empty
	ChannelSerial     string             `json:"channelSerial"`
	ConnectionID      string             `json:"connectionId"`
	ConnectionDetails *ConnectionDetails `json:"connectionDetails"`
	Error             *ErrorInfo         `json:"error"`
	Auth              *AuthDetails       `json:"auth"`
	Flags             int64              `json:"flags"`
	MsgSerial         int64              `json:"msgSerial"`
	Count             int64              `json:"count"`
	Timestamp         int64              `json:"timestamp"` // milliseconds since 1970
	Params            Params             `json:"params"`
	Messages          []Message          `json:"-"`
	Presence          []Message          `json:"-"`
	Annotations       []Message          `json:"-"`
	Res               []Result           `json:"res"`
}

// A Message is one of a channel's messages; or a presence message: then Action is one of those of presence messages and
// there is no name; or an annotation: then Action is one of those of annotations.
type Message struct {
	ID            string          `json:"id"`
	Name          string          `json:"name"`
	ClientID      string          `json:"clientId"`
	ConnectionID  string          `json:"connectionId"`
	ConnectionKey string          `json:"connectionKey"`
	Data          Data            `json:"-"`
	Encoding      string          `json:"encoding"` // without what [Data] says already
	Extras        json.RawMessage `json:"extras"`   // a JSON object, or nil
	Timestamp     int64           `json:"timestamp"`
	Serial        string          `json:"serial"`
	Action        int             `json:"action"`
	Version       *Version        `json:"version"` // nil: the first one

	// Summary is what the annotations of a message come to, a JSON object by their types; nil if there are none. Clients
	// do not send it.
	Summary json.RawMessage `json:"-"`

	// Of annotations only.
	MessageSerial string `json:"messageSerial"` // of the message that is annotated
	Type          string `json:"type"`
	Count         int64  `json:"count"`
}

// Size is what limits of messages are about, in bytes: what its publisher chooses and its subscribers are sent. Clients count
// like this before they publish, but leave out the encoding; here it counts as far as it is longer than any they make.
func (m *Message) Size() int {
	return len(m.Name) + len(m.Data.Bytes) + len(m.Extras) + len(m.ClientID) + max(0, len(m.Encoding)-usualEncoding)
}

// usualEncoding is longer than any encoding that clients make.
const usualEncoding = 128

// A Version says what made a message what it is: in a client's request, who changes it and why.
type Version struct {
	Serial      string          `json:"serial"`
	Timestamp   int64           `json:"timestamp"`
	ClientID    string          `json:"clientId"`
	Description string          `json:"description"`
	Metadata    json.RawMessage `json:"metadata"` // a JSON object, or nil
}

// Data is what a message carries, without the steps of its encoding that only make it fit the wire.
type Data struct {
	Kind  Kind
	Bytes []byte
}

// A Kind says how Data is to be read.
type Kind uint8

// Kinds.
const (
	None   Kind = iota // there is no data
	Text               // UTF-8
	Binary             // bytes
	Value              // one JSON value: on the wire a string with the encoding "json"
)

// Params are parameters of a channel.
type Params map[string]string

// A Result says what became of the messages of one Frame.
type Result struct {
	Serials []string `json:"serials"` // null on the wire where one is empty: it is not known
}

// AuthDetails are a new token.
type AuthDetails struct {
	AccessToken string `json:"accessToken"`
}

// An ErrorInfo is an error as clients know it. They act on the code, and need all three fields.
type ErrorInfo struct {
	Code       int    `json:"code"`
	StatusCode int    `json:"statusCode"`
	Message    string `json:"message"`
}

// Error returns the message.
func (e *ErrorInfo) Error() string { return e.Message }

// ConnectionDetails tell a client about its connection. Times are in milliseconds, sizes in bytes.
type ConnectionDetails struct {
	ConnectionKey      string `json:"connectionKey"`
	ClientID           string `json:"clientId"`
	MaxMessageSize     int64  `json:"maxMessageSize"`
	MaxFrameSize       int64  `json:"maxFrameSize"`
	MaxInboundRate     int64  `json:"maxInboundRate"`
	ConnectionStateTTL int64  `json:"connectionStateTtl"`
	MaxIdleInterval    int64  `json:"maxIdleInterval"`
	ServerID           string `json:"serverId"`
}
