package rest

import (
	"errors"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"madang/device/problem"
)

// A reply is an answer with a body.
type reply[T any] struct{ Body T }

func answer[T any](v T, err error) (*reply[T], error) {
	if err != nil {
		return nil, err
	}
	return &reply[T]{v}, nil
}

// none is an answer without a body.
type none struct{}

func done(err error) (*none, error) { return nil, err }

// fail makes an error the answer of an operation. Errors of the server's own are logged; clients learn no more than that
// there was one.
func (a *API) fail(err error) error {
	if _, is := errors.AsType[huma.StatusError](err); is { // 304, which is none
		return err
	}
	p := problem.Of(err)
	if p.Code == problem.CodeInternal {
		a.Log.Error("device/rest: a request failed", "error", err)
	}
	if h := p.GetHeaders(); len(h) > 0 {
		return huma.ErrorWithHeaders(p, h)
	}
	return p
}

// refuse answers a request with a problem, outside of an operation.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := problem.Of(err)
	if p.Code == problem.CodeInternal {
		a.Log.Error("device/rest: a request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	p.Localize(problem.Language(r.Header.Get("Accept-Language"), a.config.Locale)).Write(w)
}

// explain is the last look at every answer of the router: its own errors become problems, and problems get their words.
func (a *API) explain(ctx huma.Context, _ string, v any) (any, error) {
	if e, ok := v.(*huma.ErrorModel); ok {
		v = problemOfRouter(e)
	}
	if p, ok := v.(*problem.Problem); ok {
		return p.Localize(problem.Language(ctx.Header("Accept-Language"), a.config.Locale)), nil
	}
	return v, nil
}

// problemOfRouter turns what the router found wrong with a request into a Problem. The offending value is left out: it
// may be large, or not for logs.
func problemOfRouter(e *huma.ErrorModel) *problem.Problem {
	p := &problem.Problem{Type: "about:blank", Title: http.StatusText(e.Status), Status: e.Status, Code: problem.CodeInvalid}
	switch e.Status {
	case http.StatusRequestEntityTooLarge:
		p.Code = problem.CodeTooLarge
	case http.StatusRequestTimeout:
		p.Code = problem.CodeTimeout
	case http.StatusInternalServerError:
		p.Code = problem.CodeInternal
		return p
	}
	for _, f := range e.Errors {
		if f != nil {
			p.Errors = append(p.Errors, problem.Fault{Location: f.Location, Message: f.Message})
		}
	}
	return p
}

// responses documents that every operation may fail, always in the same form.
func responses(registry huma.Registry, success int) map[string]*huma.Response {
	schema := registry.Schema(reflect.TypeFor[problem.Problem](), true, "Problem")
	return map[string]*huma.Response{
		strconv.Itoa(success): {},
		"default": {
			Description: "Problem",
			Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schema}},
		},
	}
}
