package protocol

import "github.com/tinylib/msgp/msgp"

// What the fields of MessagePack objects are. The fields of JSON objects stand beside the types.

func (r *reader) frame() *Frame {
	p := &Frame{}
	if r.null() {
		return p
	}
	r.object(func(key string) {
		switch key {
		case "action":
			p.Action = Action(r.int())
		case "id":
			p.ID = r.str()
		case "channel":
			p.Channel = r.str()
		case "channelSerial":
			p.ChannelSerial = r.str()
		case "connectionId":
			p.ConnectionID = r.str()
		case "connectionDetails":
			p.ConnectionDetails = r.details()
		case "error":
			p.Error = r.errorInfo()
		case "auth":
			p.Auth = &AuthDetails{}
			r.object(func(key string) {
				if key == "accessToken" {
					p.Auth.AccessToken = r.str()
				} else {
					r.skip()
				}
			})
		case "flags":
			p.Flags = r.int()
		case "msgSerial":
			p.MsgSerial = r.int()
		case "count":
			p.Count = r.int()
		case "timestamp":
			p.Timestamp = r.int()
		case "params":
			p.Params = r.params()
		case "messages":
			p.Messages = r.messages()
		case "presence":
			p.Presence = r.messages()
		case "annotations":
			p.Annotations = r.messages()
		case "res":
			r.list(func() {
				if len(p.Res) == maxList {
					r.fail(tooMany())
					return
				}
				p.Res = append(p.Res, r.result())
			})
		default:
			r.skip()
		}
	})
	return p
}

func (r *reader) messages() (all []Message) {
	r.list(func() {
		if len(all) == maxList {
			r.fail(tooMany())
			return
		}
		all = append(all, r.message())
	})
	return all
}

// oneOrMore takes a message or a list of messages off.
func (r *reader) oneOrMore() []Message {
	if r.isList() {
		return r.messages()
	}
	return []Message{r.message()}
}

func (r *reader) isList() bool { return len(r.b) > 0 && msgp.NextType(r.b) == msgp.ArrayType }

func (r *reader) message() (m Message) {
	r.object(func(key string) {
		switch key {
		case "id":
			m.ID = r.str()
		case "name":
			m.Name = r.str()
		case "clientId":
			m.ClientID = r.str()
		case "connectionId":
			m.ConnectionID = r.str()
		case "connectionKey":
			m.ConnectionKey = r.str()
		case "data":
			m.Data = r.data()
		case "encoding":
			m.Encoding = r.str()
		case "extras":
			m.Extras = r.json()
		case "timestamp":
			m.Timestamp = r.int()
		case "serial":
			m.Serial = r.str()
		case "action":
			m.Action = int(r.int())
		case "version":
			m.Version = r.version()
		case "messageSerial":
			m.MessageSerial = r.str()
		case "type":
			m.Type = r.str()
		case "count":
			m.Count = r.int()
		default:
			r.skip()
		}
	})
	m.normalize()
	return m
}

func (r *reader) version() *Version {
	if r.null() {
		return nil
	}
	if msgp.NextType(r.b) != msgp.MapType { // earlier clients have a text there
		r.skip()
		return &Version{}
	}
	v := &Version{}
	r.object(func(key string) {
		switch key {
		case "serial":
			v.Serial = r.str()
		case "timestamp":
			v.Timestamp = r.int()
		case "clientId":
			v.ClientID = r.str()
		case "description":
			v.Description = r.str()
		case "metadata":
			v.Metadata = r.json()
		default:
			r.skip()
		}
	})
	return v
}

func (r *reader) params() Params {
	p := Params{}
	r.object(func(key string) {
		if len(r.b) > 0 && msgp.NextType(r.b) == msgp.StrType {
			p[key] = r.str()
		} else {
			p[key] = string(r.json())
		}
	})
	if len(p) == 0 {
		return nil
	}
	return p
}

func (r *reader) result() (res Result) {
	r.object(func(key string) {
		if key == "serials" {
			r.list(func() { res.Serials = append(res.Serials, r.str()) })
		} else {
			r.skip()
		}
	})
	return res
}

func (r *reader) errorInfo() *ErrorInfo {
	if r.null() {
		return nil
	}
	e := &ErrorInfo{}
	r.object(func(key string) {
		switch key {
		case "code":
			e.Code = int(r.int())
		case "statusCode":
			e.StatusCode = int(r.int())
		case "message":
			e.Message = r.str()
		default:
			r.skip()
		}
	})
	return e
}

func (r *reader) details() *ConnectionDetails {
	if r.null() {
		return nil
	}
	d := &ConnectionDetails{}
	r.object(func(key string) {
		switch key {
		case "connectionKey":
			d.ConnectionKey = r.str()
		case "clientId":
			d.ClientID = r.str()
		case "maxMessageSize":
			d.MaxMessageSize = r.int()
		case "maxFrameSize":
			d.MaxFrameSize = r.int()
		case "maxInboundRate":
			d.MaxInboundRate = r.int()
		case "connectionStateTtl":
			d.ConnectionStateTTL = r.int()
		case "maxIdleInterval":
			d.MaxIdleInterval = r.int()
		case "serverId":
			d.ServerID = r.str()
		default:
			r.skip()
		}
	})
	return d
}
