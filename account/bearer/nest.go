package bearer

import (
	"errors"
	"net/http"

	"madang/account/laravel"
	"madang/account/signin"
)

// A nestError is an answer in the form of NestJS's exceptions.
type nestError struct {
	Status  int    `json:"statusCode"`
	Message any    `json:"message"` // a text, or one for each thing that is wrong with a form
	Text    string `json:"error,omitempty"`
}

// Error returns what kind of error it is.
func (e *nestError) Error() string { return "bearer: " + http.StatusText(e.Status) }

// nest makes an answer whose errors have NestJS's form of one that returns them.
func nest(answer func(*call) error) func(*call) error {
	return func(c *call) error {
		err := answer(c)
		if r := refusal(err); r != nil {
			(&laravel.Problem{Status: int(r.Class), Verdict: r.Verdict}).Header(c.w.Header(), c.api.service.Now())
			err = nestRefusal(r)
		}
		if e, ok := errors.AsType[*nestError](err); ok {
			laravel.JSON(c.w, e.Status, e)
			return nil
		}
		return err
	}
}

// nestRefusal says a refusal as an application of NestJS would: what its validation refuses is 400.
func nestRefusal(r *signin.Refusal) *nestError {
	status := int(r.Class)
	switch {
	case r.Code == signin.CodeCredentials, r.Code == signin.CodeUnauthenticated:
		return &nestError{Status: http.StatusUnauthorized, Message: textUnauthorized}
	case r.Code == signin.CodeFactorNeeded:
		return &nestError{http.StatusUnauthorized, textFactorMessage, textFactor}
	case r.Class == signin.Invalid && r.Errors != nil:
		var all []string
		for _, field := range [...]string{"name", "email", "password", "terms", "code", "recovery_code"} {
			all = append(all, r.Errors.Of(field)...)
		}
		return &nestError{http.StatusBadRequest, all, http.StatusText(http.StatusBadRequest)}
	case r.Code == signin.CodeUnverified:
		return &nestError{status, laravel.TextUnverified, http.StatusText(status)}
	case r.Class == signin.TooMany:
		return &nestError{Status: status, Message: laravel.TextTooMany}
	}
	return &nestError{Status: status, Message: http.StatusText(status)}
}
