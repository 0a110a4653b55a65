// Package problem is what clients of device's HTTP interfaces get for requests that fail: problem documents (RFC 9457) with a
// stable code for programs and a detail for people, in Korean or English. They have the form of the chat's.
package problem

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"net/http"
	"strconv"

	"madang"
	"madang/device"
	"madang/device/pairing"
)

// A Problem is an answer to a request that failed. It is an error.
type Problem struct {
	Type   string  `json:"type" doc:"about:blank: the code says what it is"`
	Title  string  `json:"title" doc:"The words of the HTTP status"`
	Status int     `json:"status"`
	Code   string  `json:"code" doc:"For programs; does not change" example:"not_found"`
	Detail string  `json:"detail,omitempty" doc:"For people, in their language"`
	Errors []Fault `json:"errors,omitempty" doc:"What is wrong with which part of the request"`

	retry int // seconds; 0: nothing is said
}

// A Fault is one thing that is wrong with a request.
type Fault struct {
	Location string `json:"location,omitempty" example:"body.name"`
	Message  string `json:"message"`
}

// Error returns the code.
func (p *Problem) Error() string { return "problem: " + p.Code }

// GetStatus returns the HTTP status; it makes a Problem an answer of the router of package rest.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders returns further headers of the answer: WWW-Authenticate (RFC 6750) and Retry-After.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		if p.Code == CodeNoToken {
			h.Set("WWW-Authenticate", "Bearer")
		}
	}
	if p.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retry))
	}
	return h
}

// ContentType returns the type of a problem document.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// The codes that no refusal has.
const (
	CodeNoToken      = "token_missing"
	CodeInvalidToken = "token_invalid"
	CodeForbidden    = "forbidden"
	CodeNotFound     = "not_found"
	CodeInvalid      = "invalid"
	CodeTooLarge     = "too_large"
	CodeTooMany      = "too_many"
	CodeChanged      = "changed" // since it was seen: what If-Match names is not what there is
	CodeTimeout      = "timeout"
	CodeClosed       = "closed"
	CodeUnavailable  = "unavailable"
	CodeInternal     = "internal"
)

// busy is after how many seconds to try again where a limit says nothing of time.
const busy = 60

// ErrChanged says that what the client has seen is not what there is any more.
var ErrChanged = errors.New("it has changed since it was seen")

// Of is the table of what clients see of errors. Nothing of an error's text reaches them, but for that of refusals of a guard.
func Of(err error) *Problem {
	p := &Problem{Type: "about:blank", Status: http.StatusInternalServerError, Code: CodeInternal}
	for _, row := range []struct {
		err    error
		status int
		code   string
	}{
		{ErrChanged, http.StatusPreconditionFailed, CodeChanged},
		{device.ErrConflict, http.StatusConflict, "conflict"},
		{device.ErrAway, http.StatusServiceUnavailable, "hub_away"},
		{device.ErrLastOwner, http.StatusConflict, "last_owner"},
		{pairing.ErrNoDisplay, http.StatusServiceUnavailable, "no_display"},
		{pairing.ErrWrong, http.StatusUnprocessableEntity, "code_wrong"},
		{pairing.ErrExpired, http.StatusGone, "code_expired"},
		{pairing.ErrLocked, http.StatusLocked, "hub_locked"},
		{madang.ErrUnauthenticated, http.StatusUnauthorized, CodeInvalidToken},
		{madang.ErrForbidden, http.StatusForbidden, CodeForbidden},
		{madang.ErrNotFound, http.StatusNotFound, CodeNotFound},
		{madang.ErrInvalid, http.StatusUnprocessableEntity, CodeInvalid},
		{madang.ErrTooMany, http.StatusTooManyRequests, CodeTooMany},
		{madang.ErrUnavailable, http.StatusServiceUnavailable, CodeUnavailable},
		{madang.ErrClosed, http.StatusServiceUnavailable, CodeClosed},
	} {
		if errors.Is(err, row.err) {
			p.Status, p.Code = row.status, row.code
			break
		}
	}
	if r, ok := errors.AsType[*madang.Refusal](err); ok && p.Code != CodeChanged {
		p.Code = r.Code
		if p.Status == http.StatusUnauthorized { // a guard has the words itself, in the client's language
			p.Detail = r.Text
		}
	}
	if p.Status == http.StatusTooManyRequests {
		p.retry = busy
		if wait, ok := errors.AsType[*pairing.WaitError](err); ok {
			p.retry = max(1, int(math.Ceil(wait.Retry.Seconds())))
		}
	}
	p.Title = http.StatusText(p.Status)
	return p
}

// Unauthenticated returns what a guard has refused, with a code that says whether anything was shown at all. Refusals that have
// a code keep it.
func Unauthenticated(err error, shown bool) error {
	if _, ok := errors.AsType[*madang.Refusal](err); ok || !errors.Is(err, madang.ErrUnauthenticated) {
		return err
	}
	code := CodeNoToken
	if shown {
		code = CodeInvalidToken
	}
	return &madang.Refusal{Code: code, Err: err}
}

// Write answers a request with the problem.
func (p *Problem) Write(w http.ResponseWriter) {
	maps.Copy(w.Header(), p.GetHeaders())
	w.Header().Set("Content-Type", p.ContentType(""))
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // a client that has gone needs no answer
}
