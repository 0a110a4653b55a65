package packet

import "encoding/json"

// checkPayload applies the rules of isPayloadValid in socket.io-parser: what each type may carry. The payload begins
// at byte at of the frame.
func checkPayload(t Type, data []byte, at, maxDepth int) error {
	if len(data) == 0 {
		if t == Connect || t == Disconnect {
			return nil
		}
		return malformed("missing payload", at)
	}
	if !mayBegin(t, data[0]) {
		return malformed("payload of the wrong kind", at)
	}
	if deeper(data, maxDepth) {
		return malformed("payload nested too deeply", at)
	}
	if !json.Valid(data) {
		return malformed("payload is not JSON", at)
	}
	if t.Plain() == Event {
		return checkName(data, at)
	}
	return nil
}

// mayBegin reports whether a payload of type t may begin with c. JSON's first byte tells its kind.
func mayBegin(t Type, c byte) bool {
	switch t {
	case Connect:
		return c == '{'
	case ConnectError:
		return c == '{' || c == '"'
	case Event, BinaryEvent, Ack, BinaryAck:
		return c == '['
	}
	return false
}

// checkName checks the first element of an event's arguments, a valid JSON array.
func checkName(data []byte, at int) error {
	i := skipSpace(data, 1)
	if c := data[i]; isDigit(c) || c == '-' {
		return nil
	} else if c != '"' {
		return malformed("event name is neither string nor number", at+i)
	}
	end, _ := skipString(data, i)
	plain, ok := unescaped(data[i:end])
	if !ok {
		name, err := Name(data[i:end])
		if err != nil {
			return err
		}
		plain = []byte(name)
	}
	if reserved(plain) {
		return malformed("reserved event name", at+i)
	}
	return nil
}

// reserved reports whether a name is one that the libraries raise themselves, on one side or the other. Letting a
// client send it would let the client raise it.
func reserved(name []byte) bool {
	switch string(name) {
	case "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener":
		return true
	}
	return false
}

// Reserved reports whether name must not be used for an event, in either direction.
func Reserved(name string) bool { return reserved([]byte(name)) }
