package signin

import (
	"madang/account/limit"
	"madang/account/words"
)

// A Class is the kind of answer that a refusal is, by the number that HTTP has for it.
type Class int

// Classes.
const (
	Unauthenticated Class = 401 // nobody is signed in by what was shown
	Forbidden       Class = 403
	NotFound        Class = 404
	Invalid         Class = 422 // a form; Refusal.Errors says what is wrong
	Locked          Class = 423 // the password has to be confirmed first
	TooMany         Class = 429 // Refusal.Verdict says until when
	Busy            Class = 503
)

// A Code says why something was refused, for programs.
type Code string

// Codes.
const (
	CodeInvalid         Code = "invalid"         // of a form's fields; see Errors
	CodeCredentials     Code = "credentials"     // the name, the password, or who it is
	CodeUnauthenticated Code = "unauthenticated" // what was shown signs nobody in, or not any more
	CodeThrottled       Code = "throttled"
	CodeFactorNeeded    Code = "two_factor_required" // the password was right; send it again with a code
	CodeFactor          Code = "two_factor"          // the code was not
	CodeLink            Code = "link"                // of a mail: wrong, used, or too old
	CodeConfirm         Code = "password_confirmation_required"
	CodeUnverified      Code = "unverified" // the address has to be proved first
	CodeForbidden       Code = "forbidden"
	CodeOff             Code = "off" // the feature
	CodeNotFound        Code = "not_found"
	CodeReused          Code = "reused" // the token was exchanged before; all of its kind have ended
	CodeBusy            Code = "busy"
)

// A Refusal is a no that clients may hear.
type Refusal struct {
	Class Class
	Code  Code
	Key   words.Key // what people are told; empty: there are no words for it
	// Errors are what is wrong with a form, in the words of who asked; nil if it is not about a form.
	Errors *words.Errors
	// Verdict is that of the limit that counted the attempt, for its headers; the zero value: none did.
	Verdict limit.Verdict
}

// Error returns the code.
func (r *Refusal) Error() string { return "signin: refused: " + string(r.Code) }

func refuse(class Class, code Code, key words.Key) *Refusal {
	return &Refusal{Class: class, Code: code, Key: key}
}

// refuseField is a refusal about one field of a form.
func refuseField(from From, field string, code Code, key words.Key, v limit.Verdict, pairs ...string) *Refusal {
	e := words.NewErrors(from.Speaker)
	e.Add(field, key, pairs...)
	return &Refusal{Class: Invalid, Code: code, Key: key, Errors: e, Verdict: v}
}

// nobody is what everything is told that signs nobody in.
func nobody() *Refusal { return refuse(Unauthenticated, CodeUnauthenticated, "") }

func off() *Refusal { return refuse(NotFound, CodeOff, "") }
