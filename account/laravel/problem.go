package laravel

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"madang/account/limit"
	"madang/account/signin"
	"madang/account/words"
)

// A Problem is an answer that is a no. It is an error, so that a handler can return it.
type Problem struct {
	Status  int
	Message string
	// Errors are what is wrong with a form; they say the message too. Nil: it is not about a form.
	Errors *words.Errors
	// Bag is what pages know the errors by when they have several forms; empty: the only one.
	Bag string
	// Verdict is that of the limit that counted the attempt; the zero value: none did.
	Verdict limit.Verdict
	// Allow is what can be asked for instead; for status 405.
	Allow string

	form *words.Errors // of an attempt too many: see FormThrottle
}

// Error returns the message.
func (p *Problem) Error() string { return p.Message }

// Texts of Laravel's own answers. They are the same in both profiles and in every language: programs read them.
const (
	TextUnauthenticated = "Unauthenticated."
	TextForbidden       = "This action is unauthorized."
	TextSignature       = "Invalid signature."
	TextUnverified      = "Your email address is not verified."
	TextNotFound        = "Not Found"
	TextMismatch        = "CSRF token mismatch."
	TextTooMany         = "Too Many Attempts."
	TextTooLarge        = "The POST data is too large."
	TextServerError     = "Server Error"
)

// StatusPageExpired is Laravel's own, for a token against forged requests that does not fit.
const StatusPageExpired = 419

// Explain returns what an error is as an answer. What is neither a Problem nor a refusal is the server's own trouble: it is
// logged, and the client hears nothing of it but that.
func Explain(ctx context.Context, log *slog.Logger, s words.Speaker, err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if r, ok := errors.AsType[*signin.Refusal](err); ok {
		return refused(r, s)
	}
	if errors.Is(err, ErrTooLarge) {
		return &Problem{Status: http.StatusRequestEntityTooLarge, Message: TextTooLarge}
	}
	if ctx.Err() == nil { // a client that has gone is no trouble
		log.ErrorContext(ctx, "a request about an account could not be answered", "error", err)
	}
	return &Problem{Status: http.StatusInternalServerError, Message: TextServerError}
}

// refused is a refusal of package signin as an answer.
func refused(r *signin.Refusal, s words.Speaker) *Problem {
	p := &Problem{Status: int(r.Class), Verdict: r.Verdict}
	switch r.Class {
	case signin.Invalid:
		if p.Errors = r.Errors; p.Errors == nil {
			p.Errors = words.NewErrors(s)
		}
		p.Message = p.Errors.Message()
	case signin.Unauthenticated:
		p.Message = TextUnauthenticated
	case signin.Forbidden:
		p.Message = forbidden(r.Code)
	case signin.NotFound:
		p.Message = TextNotFound
	case signin.TooMany:
		p.Message, p.form = TextTooMany, r.Errors
	default:
		p.Message = s.Say(r.Key)
	}
	return p
}

func forbidden(code signin.Code) string {
	switch code {
	case signin.CodeLink:
		return TextSignature
	case signin.CodeUnverified:
		return TextUnverified
	}
	return TextForbidden
}

// Header sets the headers that belong to the problem.
func (p *Problem) Header(h http.Header, now time.Time) {
	if p.Verdict != (limit.Verdict{}) {
		p.Verdict.Header(h, now)
	}
	if p.Allow != "" {
		h.Set("Allow", p.Allow)
	}
	if p.Status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "1")
	}
}

// JSON answers with the problem. One attempt too many is told with its headers and no errors, as the middleware of routes does;
// see FormThrottle for the other way.
func (p *Problem) JSON(w http.ResponseWriter, now time.Time) {
	p.Header(w.Header(), now)
	if p.Errors != nil {
		JSON(w, p.Status, p.Errors)
		return
	}
	Message(w, p.Status, p.Message)
}

// FormThrottle returns the problem as Fortify has it when its routes have no limiter: one attempt too many is told as an error
// of the form, with status 429 and without headers.
func (p *Problem) FormThrottle() *Problem {
	if p.form == nil {
		return p
	}
	return &Problem{Status: p.Status, Message: p.form.Message(), Errors: p.form}
}

// Invalid is the answer to a form with errors.
func Invalid(e *words.Errors) *Problem {
	return &Problem{Status: http.StatusUnprocessableEntity, Message: e.Message(), Errors: e}
}

// NotFound is the answer where nothing is, in the words of a profile. Path is that of the request.
func NotFound(p words.Profile, path string) *Problem {
	text := ""
	if p != words.Laravel8 {
		text = "The " + route(path) + " could not be found."
	}
	return &Problem{Status: http.StatusNotFound, Message: text}
}

// route is what Laravel 10 calls a path.
func route(path string) string {
	if path = strings.Trim(path, "/"); path == "" {
		path = "/"
	}
	return "route " + path
}

// NotAllowed is the answer to a method that a path does not know, in the words of a profile. Path is that of the request,
// allowed are the methods it knows.
func NotAllowed(p words.Profile, method, path string, allowed ...string) *Problem {
	name := "this route"
	if p != words.Laravel8 {
		name = route(path)
	}
	all := strings.Join(allowed, ", ")
	return &Problem{
		Status: http.StatusMethodNotAllowed, Allow: all,
		Message: "The " + method + " method is not supported for " + name + ". Supported methods: " + all + ".",
	}
}
