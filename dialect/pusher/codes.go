package pusher

import (
	"encoding/json"
	"errors"
	"strconv"

	"madang"
	"madang/dialect/pusher/frame"
	"madang/internal/ws"
)

// A code is one of the protocol's. What pusher-js does when a connection ends with one depends on its hundred:
// 4000–4099 and from 4300 on it never comes back, 4100–4199 it comes back after a second, 4200–4299 at once. So whatever
// may be better in a moment is 41xx or 42xx here, full servers too, although 4004 exists for an app that is over its quota.
type code int

// Codes.
const (
	codeNone         code = 0 // of an error that has no number: null on the wire
	codeNoApp        code = 4001
	codeOverQuota    code = 4004
	codeBadVersion   code = 4006
	codeUnsupported  code = 4007
	codeNoProtocol   code = 4008
	codeUnauthorized code = 4009
	codeOverCapacity code = 4100
	codeReconnect    code = 4200
	codeNoPong       code = 4201
	codeClientEvent  code = 4301
	codeWatchlist    code = 4302
)

// An ending is how a connection ends in the protocol's words.
type ending struct {
	code code
	text string
}

// endingOf is the table of ends. Who was sent away by the app, or has lost its rights, must not come back by itself;
// everybody else should.
func endingOf(r madang.CloseReason) ending {
	switch r {
	case madang.CloseNormal, madang.CloseDenied, madang.CloseExpired:
		return ending{codeUnauthorized, "You got disconnected by the app."}
	case madang.CloseDrain, madang.CloseSlow:
		return ending{codeReconnect, "Please reconnect immediately"}
	case madang.CloseTimeout:
		return ending{codeNoPong, "Pong reply not received in time"}
	}
	return ending{codeOverCapacity, "The server failed; please reconnect"}
}

// closing is the close frame of an ending.
func (e ending) closing() []byte { return ws.AppendClose(nil, int(e.code), e.text) }

// errorUnit is pusher:error.
func errorUnit(c code, text string) []byte {
	v := []byte(`{"code":null,"message":`)
	if c != codeNone {
		v = append(strconv.AppendInt([]byte(`{"code":`), int64(c), 10), `,"message":`...)
	}
	return unit(frame.Out{Event: eventError, Value: append(frame.AppendString(v, text), '}')})
}

// A refusal is what a client is told of a subscription that it does not get.
type refusal struct {
	Type   string `json:"type"`
	Error  string `json:"error"`
	Status int    `json:"status"`
}

// refusalOf is the table of errors of subscriptions.
func refusalOf(err error) refusal {
	var r refusal
	switch {
	case errors.Is(err, madang.ErrForbidden), errors.Is(err, madang.ErrUnauthenticated):
		r = refusal{"AuthError", "The connection is unauthorized.", 401}
	case errors.Is(err, errFull):
		r = refusal{"LimitReached", "The presence channel has as many members as its app allows.", int(codeOverQuota)}
	case errors.Is(err, madang.ErrTooMany):
		r = refusal{"LimitReached", "The connection has too many subscriptions.", int(codeOverQuota)}
	case errors.Is(err, madang.ErrInvalid):
		r = refusal{"InvalidRequest", "The name of the channel or its channel_data is not valid.", 400}
	case errors.Is(err, madang.ErrUnavailable):
		r = refusal{"ServiceUnavailable", "The subscription is not possible at the moment; please try again.", 503}
	default:
		r = refusal{"ServerError", "The subscription failed; please try again.", 500}
	}
	if x, ok := errors.AsType[*madang.Refusal](err); ok {
		r.Error = x.Text
	}
	return r
}

// refusedUnit is pusher:subscription_error.
func refusedUnit(channel string, r refusal) []byte {
	v, _ := json.Marshal(r) // strings and numbers always have a JSON form
	return unit(frame.Out{Event: eventRefused, Channel: channel, Value: v})
}
