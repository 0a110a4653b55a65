package protocol

import "slices"

// Append appends a message in one of the two forms: MessagePack if binary is set, else JSON.
func Append(dst []byte, p *Frame, binary bool) []byte {
	w := writer{b: dst, binary: binary}
	w.frame(p)
	return w.b
}

// AppendMessages appends a list of messages, as the bodies of HTTP requests and answers are; acted says that they are
// presence messages or annotations, which are never without an action.
func AppendMessages(dst []byte, all []Message, acted, binary bool) []byte {
	w := writer{b: dst, binary: binary}
	w.messages(all, acted)
	return w.b
}

func (w *writer) frame(p *Frame) {
	o := w.begin()
	w.key("action")
	w.int(int64(p.Action))
	w.inherited(p.Timestamp, p.ConnectionID)
	w.text("id", p.ID)
	if p.OfChannel || p.Channel != "" {
		w.key("channel")
		w.str(p.Channel)
	}
	if len(p.Messages) == 0 {
		w.text("channelSerial", p.ChannelSerial)
	}
	w.number("flags", p.Flags)
	switch p.Action {
	case Ack, Nack:
		w.key("msgSerial")
		w.int(p.MsgSerial)
		w.number("count", p.Count)
	default:
		w.number("msgSerial", p.MsgSerial)
	}
	w.result(p.Res)
	w.errorInfo(p.Error)
	w.details(p.ConnectionDetails)
	if p.Auth != nil {
		w.key("auth")
		in := w.begin()
		w.text("accessToken", p.Auth.AccessToken)
		w.end(in)
	}
	w.params(p.Params)
	if len(p.Messages) > 0 {
		w.key("messages")
		w.messages(p.Messages, false)
		w.text("channelSerial", p.ChannelSerial) // behind them: see Join
	}
	if len(p.Presence) > 0 {
		w.key("presence")
		w.messages(p.Presence, true)
	}
	if len(p.Annotations) > 0 {
		w.key("annotations")
		w.messages(p.Annotations, true)
	}
	w.end(o)
}

// inherited writes what the messages of a frame have in common, unless they say otherwise (TM2 of Ably's features specification).
// It stands at the beginning: see Join.
func (w *writer) inherited(timestamp int64, connection string) {
	w.number("timestamp", timestamp)
	w.text("connectionId", connection)
}

func (w *writer) messages(all []Message, acted bool) {
	w.list(len(all), func(i int) { w.message(&all[i], acted) })
}

func (w *writer) message(m *Message, acted bool) {
	o := w.begin()
	if acted || m.Action != MessageCreate {
		w.key("action")
		w.int(int64(m.Action))
	}
	w.text("id", m.ID)
	w.text("name", m.Name)
	w.text("clientId", m.ClientID)
	w.text("connectionId", m.ConnectionID)
	w.text("connectionKey", m.ConnectionKey)
	w.number("timestamp", m.Timestamp)
	w.text("serial", m.Serial)
	w.data(m.Data, m.Encoding)
	w.value("extras", m.Extras)
	w.version(m.Version)
	if len(m.Summary) > 0 {
		w.key("annotations")
		in := w.begin()
		w.value("summary", m.Summary)
		w.end(in)
	}
	w.text("messageSerial", m.MessageSerial)
	w.text("type", m.Type)
	w.number("count", m.Count)
	w.end(o)
}

func (w *writer) version(v *Version) {
	if v == nil {
		return
	}
	w.key("version")
	o := w.begin()
	w.text("serial", v.Serial)
	w.number("timestamp", v.Timestamp)
	w.text("clientId", v.ClientID)
	w.text("description", v.Description)
	w.value("metadata", v.Metadata)
	w.end(o)
}

// value writes a field that is any JSON, unless it is empty.
func (w *writer) value(k string, v []byte) {
	if len(v) > 0 {
		w.key(k)
		w.raw(v)
	}
}

func (w *writer) result(all []Result) {
	if len(all) == 0 {
		return
	}
	w.key("res")
	w.list(len(all), func(i int) {
		o := w.begin()
		w.key("serials")
		w.list(len(all[i].Serials), func(k int) {
			if all[i].Serials[k] == "" {
				w.raw([]byte("null"))
				return
			}
			w.str(all[i].Serials[k])
		})
		w.end(o)
	})
}

func (w *writer) errorInfo(e *ErrorInfo) {
	if e == nil {
		return
	}
	w.key("error")
	o := w.begin()
	w.key("code")
	w.int(int64(e.Code))
	w.key("statusCode")
	w.int(int64(e.StatusCode))
	w.key("message")
	w.str(e.Message)
	w.end(o)
}

func (w *writer) details(d *ConnectionDetails) {
	if d == nil {
		return
	}
	w.key("connectionDetails")
	o := w.begin()
	w.text("connectionKey", d.ConnectionKey)
	w.text("clientId", d.ClientID)
	w.number("maxMessageSize", d.MaxMessageSize)
	w.number("maxFrameSize", d.MaxFrameSize)
	w.number("maxInboundRate", d.MaxInboundRate)
	w.number("connectionStateTtl", d.ConnectionStateTTL)
	w.number("maxIdleInterval", d.MaxIdleInterval)
	w.text("serverId", d.ServerID)
	w.end(o)
}

func (w *writer) params(p Params) {
	if len(p) == 0 {
		return
	}
	keys := make([]string, 0, len(p))
	for k := range p {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	if len(keys) > maxFields {
		keys = keys[:maxFields]
	}
	w.key("params")
	o := w.begin()
	for _, k := range keys {
		w.param(k, p[k])
	}
	w.end(o)
}

// param writes a field whose name is not this package's own.
func (w *writer) param(k, v string) {
	if w.binary {
		w.fields++
		w.str(k)
	} else {
		if w.fields++; w.fields > 1 {
			w.b = append(w.b, ',')
		}
		w.str(k)
		w.b = append(w.b, ':')
	}
	w.str(v)
}
