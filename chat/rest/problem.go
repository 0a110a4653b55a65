package rest

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"madang"
	"madang/chat"
)

// A Problem is what a client gets for a request that fails: RFC 9457, with a code.
type Problem struct {
	Type   string  `json:"type" doc:"about:blank: the code says what it is"`
	Title  string  `json:"title" doc:"The words of the HTTP status"`
	Status int     `json:"status"`
	Code   string  `json:"code" doc:"For programs; does not change" example:"not_found"`
	Detail string  `json:"detail,omitempty" doc:"For people, in their language"`
	Errors []Fault `json:"errors,omitempty" doc:"What is wrong with which part of the request"`

	authenticate string
}

// A Fault is one thing that is wrong with a request.
type Fault struct {
	Location string `json:"location,omitempty" example:"body.text"`
	Message  string `json:"message"`
}

// Error returns the code.
func (p *Problem) Error() string { return "chat/rest: " + p.Code }

// GetStatus returns the HTTP status; it makes a Problem an answer of the router.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders returns further headers of the answer.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.authenticate != "" {
		h.Set("WWW-Authenticate", p.authenticate)
	}
	return h
}

// ContentType returns the type of a problem document.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// The codes of this package's own; others are those of refusals.
const (
	codeNoToken      = "token_missing"
	codeInvalidToken = "token_invalid"
	codeInvalid      = "invalid"
	codeTooLarge     = "too_large"
	codeUnavailable  = "unavailable"
	codeInternal     = "internal"
)

// problemOf is the table of what clients see of errors.
func problemOf(err error) *Problem {
	p := &Problem{Type: "about:blank", Status: http.StatusInternalServerError, Code: codeInternal}
	for _, row := range []struct {
		err    error
		status int
		code   string
	}{
		{chat.ErrConflict, http.StatusConflict, "conflict"},
		{chat.ErrTooLarge, http.StatusRequestEntityTooLarge, codeTooLarge},
		{madang.ErrUnauthenticated, http.StatusUnauthorized, codeInvalidToken},
		{madang.ErrForbidden, http.StatusForbidden, "forbidden"},
		{madang.ErrNotFound, http.StatusNotFound, "not_found"},
		{madang.ErrInvalid, http.StatusUnprocessableEntity, codeInvalid},
		{madang.ErrTooMany, http.StatusTooManyRequests, "too_many"},
		{madang.ErrUnavailable, http.StatusServiceUnavailable, codeUnavailable},
		{madang.ErrClosed, http.StatusServiceUnavailable, "closed"},
	} {
		if errors.Is(err, row.err) {
			p.Status, p.Code = row.status, row.code
			break
		}
	}
	if r, ok := errors.AsType[*madang.Refusal](err); ok {
		p.Code = r.Code
		if p.Status == http.StatusUnauthorized { // a guard has the words itself, in the client's language
			p.Detail = r.Text
		}
	}
	if p.Status == http.StatusUnauthorized {
		p.authenticate = `Bearer error="invalid_token"`
		if p.Code == codeNoToken {
			p.authenticate = "Bearer"
		}
	}
	p.Title = http.StatusText(p.Status)
	return p
}

// fail makes an error the answer of an operation. Errors of the server's own are logged; clients learn no more than that
// there was one.
func (a *API) fail(err error) error {
	p := problemOf(err)
	if p.Code == codeInternal {
		a.log.Error("chat/rest: a request failed", "error", err)
	}
	if len(p.GetHeaders()) > 0 {
		return huma.ErrorWithHeaders(p, p.GetHeaders())
	}
	return p
}

// refuse answers a request with a problem, outside of an operation.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	if p.Code == codeInternal {
		a.log.Error("chat/rest: a request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	p.localize(language(r.Header.Get("Accept-Language"), a.config.Locale))
	maps.Copy(w.Header(), p.GetHeaders())
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // a client that has gone needs no answer
}

// explain is the last look at every answer of the router: its own errors become problems, and problems get their words.
func (a *API) explain(ctx huma.Context, _ string, v any) (any, error) {
	if e, ok := v.(*huma.ErrorModel); ok {
		v = problemOfRouter(e)
	}
	if p, ok := v.(*Problem); ok {
		p.localize(language(ctx.Header("Accept-Language"), a.config.Locale))
		return p, nil
	}
	return v, nil
}

// problemOfRouter turns what the router found wrong with a request into a Problem. The offending value is left out: it
// may be large, or not for logs.
func problemOfRouter(e *huma.ErrorModel) *Problem {
	p := &Problem{Type: "about:blank", Title: http.StatusText(e.Status), Status: e.Status, Code: codeInvalid}
	switch e.Status {
	case http.StatusRequestEntityTooLarge:
		p.Code = codeTooLarge
	case http.StatusRequestTimeout:
		p.Code = "timeout"
	case http.StatusInternalServerError:
		p.Code = codeInternal
		return p
	}
	for _, f := range e.Errors {
		if f != nil {
			p.Errors = append(p.Errors, Fault{Location: f.Location, Message: f.Message})
		}
	}
	return p
}

// responses documents that every operation may fail, always in the same form.
func responses(registry huma.Registry, success int) map[string]*huma.Response {
	schema := registry.Schema(reflect.TypeFor[Problem](), true, "Problem")
	return map[string]*huma.Response{
		strconv.Itoa(success): {},
		"default": {
			Description: "Problem",
			Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schema}},
		},
	}
}
