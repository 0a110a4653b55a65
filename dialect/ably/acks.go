package ably

import "madang/dialect/ably/protocol"

// acks are the last answers to a client's messages, for when it sends them again.
type acks struct {
	next int64    // the serial that has not been answered yet
	last []answer // of the serials before it; the newest last
}

// An answer is what became of a client's message.
type answer struct {
	serials []string            // of what was published
	refused *protocol.ErrorInfo // why nothing was done
}

// frame is the answer to the message of a serial.
func (a answer) frame(serial int64) *protocol.Frame {
	out := &protocol.Frame{Action: protocol.Ack, MsgSerial: serial, Count: 1, Error: a.refused}
	if a.refused != nil {
		out.Action = protocol.Nack
	} else if a.serials != nil {
		out.Res = []protocol.Result{{Serials: a.serials}}
	}
	return out
}

// maxAcks is how many answers are kept. A client whose answer is not among them any more has been silent for that many.
const maxAcks = 256

// find returns the answer to a serial that has been answered.
func (a *acks) find(serial int64) (known answer, ok bool) {
	first := a.next - int64(len(a.last)) // serials are whatever a client likes: no difference to one of them is a number for sure
	if serial < first || serial >= a.next {
		return answer{}, false
	}
	return a.last[serial-first], true
}

// add notes the answer to the next serial. A client that begins to count anew, or leaves some out, begins anew here.
func (a *acks) add(serial int64, done answer) {
	if serial != a.next || len(a.last) == 0 {
		a.last = nil
	}
	a.next = serial + 1
	if len(a.last) >= maxAcks {
		clear(a.last[:1])
		a.last = a.last[1:]
	}
	a.last = append(a.last, done)
}
