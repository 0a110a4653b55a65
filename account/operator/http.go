package operator

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"madang/account"
)

// Bounds of a request.
const (
	maxBody = 64 << 10 // bytes
	maxBy   = 200      // bytes of the name of a command
)

// byHeader says which command asks.
const byHeader = "Operator"

// by is who asks, for the audit log.
func by(r *http.Request) string {
	name := strings.ToValidUTF8(r.Header.Get(byHeader), "")
	return "command: " + name[:min(len(name), maxBy)]
}

// An answer is what a request comes to.
type answer func(r *http.Request) (any, error)

// Handler returns the interface of commands. Whoever reaches it may do everything.
func (o *Operator) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, f := range o.routes() {
		mux.Handle(pattern, f)
	}
	return mux
}

func (o *Operator) routes() map[string]answer {
	guard := func(r *http.Request) string { return r.PathValue("guard") }
	who := func(r *http.Request) string { return r.PathValue("who") }
	const people, one = "/{guard}/people", "/{guard}/people/{who}"
	return map[string]answer{
		"POST " + people: func(r *http.Request) (any, error) {
			n, err := body[Addition](r)
			if err != nil {
				return nil, err
			}
			return o.Add(r.Context(), by(r), guard(r), n)
		},
		"GET " + people: func(r *http.Request) (any, error) {
			after, err := number(r.URL.Query(), "after", 0)
			limit, e := number(r.URL.Query(), "limit", Most)
			if err = errors.Join(err, e); err != nil {
				return nil, fail(422, "%v", err)
			}
			return o.List(r.Context(), guard(r), Page{After: after, Limit: int(limit)})
		},
		"GET " + one: func(r *http.Request) (any, error) { return o.Show(r.Context(), guard(r), who(r)) },
		"PUT " + one + "/password": func(r *http.Request) (any, error) {
			in, err := body[struct{ Password string }](r)
			if err != nil {
				return nil, err
			}
			return o.Password(r.Context(), by(r), guard(r), who(r), in.Password)
		},
		"POST " + one + "/link": func(r *http.Request) (any, error) {
			in, err := body[struct{ Site string }](r)
			if err != nil {
				return nil, err
			}
			link, err := o.Link(r.Context(), by(r), guard(r), who(r), in.Site)
			return map[string]string{"link": link}, err
		},
		"PUT " + one + "/verified":    func(r *http.Request) (any, error) { return o.Verify(r.Context(), by(r), guard(r), who(r)) },
		"PUT " + one + "/enabled":     func(r *http.Request) (any, error) { return o.Enable(r.Context(), by(r), guard(r), who(r), true) },
		"DELETE " + one + "/enabled":  func(r *http.Request) (any, error) { return o.Enable(r.Context(), by(r), guard(r), who(r), false) },
		"DELETE " + one + "/sign-ins": func(r *http.Request) (any, error) { return o.SignOut(r.Context(), by(r), guard(r), who(r)) },
		"DELETE " + one:               func(r *http.Request) (any, error) { return o.Delete(r.Context(), by(r), guard(r), who(r)) },
		"GET /{guard}/permissions":    func(r *http.Request) (any, error) { return o.Permissions(guard(r)) },
		"GET /{guard}/roles":          func(r *http.Request) (any, error) { return o.Roles(r.Context(), guard(r)) },
		"DELETE /{guard}/roles/{name}": func(r *http.Request) (any, error) {
			return struct{}{}, o.DeleteRole(r.Context(), by(r), guard(r), r.PathValue("name"))
		},
		"PUT " + one + "/roles": func(r *http.Request) (any, error) {
			a, err := body[Assignment](r)
			if err != nil {
				return nil, err
			}
			return o.Assign(r.Context(), by(r), guard(r), who(r), a)
		},
		"PUT /{guard}/roles/{name}": func(r *http.Request) (any, error) {
			in, err := body[Role](r)
			if err != nil {
				return nil, err
			}
			in.Guard, in.Name = guard(r), r.PathValue("name")
			return o.PutRole(r.Context(), by(r), in)
		},
		"GET /audit": o.audit,
	}
}

func (o *Operator) audit(r *http.Request) (any, error) {
	q := r.URL.Query()
	person, err1 := number(q, "person", 0)
	before, err2 := number(q, "before", 0)
	limit, err3 := number(q, "limit", 100)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, fail(422, "%v", err)
	}
	return o.Audit(r.Context(), account.AuditQuery{Person: person, Act: account.Act(q.Get("act")), Before: before, Limit: int(limit)})
}

// ServeHTTP implements http.Handler.
func (f answer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	out, err := f(r)
	status := http.StatusOK
	if err != nil {
		status, out = http.StatusInternalServerError, problem{err.Error()} // whoever asks may see the server's own trouble
		if e, ok := errors.AsType[*Error](err); ok {
			status = e.Status
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(out) // a command that is gone hears nothing
}

// A problem is the body of an answer that is a no.
type problem struct {
	Error string `json:"error"`
}

func body[T any](r *http.Request) (in T, err error) {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return in, fail(400, "the request cannot be read: %v", err)
	}
	return in, nil
}

func number(q url.Values, name string, absent int64) (int64, error) {
	text := q.Get(name)
	if text == "" {
		return absent, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fail(422, "%s: must be a number", name)
	}
	return n, nil
}
