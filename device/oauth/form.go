package oauth

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// maxForm is the greatest body of a request in bytes.
const maxForm = 8 << 10

// A fault is an answer in the form of RFC 6749, section 5.2.
type fault struct {
	status int
	Code   string `json:"error"`
	Text   string `json:"error_description,omitempty"`
	basic  bool   // the client has used HTTP Basic
	retry  int    // seconds; 0: nothing is said
}

// Error returns the code.
func (f *fault) Error() string { return "oauth: " + f.Code }

func invalidRequest(text string) *fault {
	return &fault{status: http.StatusBadRequest, Code: "invalid_request", Text: text}
}

// readForm reads the parameters of a request. One that is there twice is refused, and one without a value counts as left out:
// RFC 6749, section 3.2.
func readForm(w http.ResponseWriter, r *http.Request) (map[string]string, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, invalidRequest("The content type must be application/x-www-form-urlencoded.")
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, &fault{status: http.StatusRequestEntityTooLarge, Code: "invalid_request", Text: "The body is too large."}
	}
	if err != nil {
		return nil, invalidRequest("The body could not be read.")
	}
	return parseForm(string(b))
}

func parseForm(body string) (map[string]string, error) {
	all, err := url.ParseQuery(body)
	if err != nil {
		return nil, invalidRequest("The body is not a form.")
	}
	form := map[string]string{}
	for name, values := range all {
		if len(values) > 1 {
			return nil, invalidRequest("A parameter is there more than once.")
		}
		if values[0] != "" {
			form[name] = values[0]
		}
	}
	return form, nil
}

// A client is what a hub authenticates itself with: RFC 6749, section 2.3.1.
type client struct {
	id, secret string
	basic      bool
}

// clientOf returns what a request has of a client: by HTTP Basic or in the form, and not by both.
func clientOf(authorization string, form map[string]string) (client, error) {
	c := client{id: form["client_id"], secret: form["client_secret"]}
	if authorization == "" {
		if c.id == "" || c.secret == "" {
			return c, c.invalid()
		}
		return c, nil
	}
	id, secret, ok := basic(authorization)
	if !ok {
		return client{basic: true}, client{basic: true}.invalid()
	}
	if c.secret != "" || c.id != "" && c.id != id {
		return c, invalidRequest("The client has authenticated in more than one way.")
	}
	return client{id, secret, true}, nil
}

// basic reads HTTP Basic, whose two parts are encoded like parts of a form.
func basic(authorization string) (id, secret string, ok bool) {
	r := http.Request{Header: http.Header{"Authorization": {authorization}}}
	user, password, ok := r.BasicAuth()
	if !ok {
		return "", "", false
	}
	id, err1 := url.QueryUnescape(user)
	secret, err2 := url.QueryUnescape(password)
	return id, secret, err1 == nil && err2 == nil && id != "" && secret != ""
}

// invalid is the answer to a client that is not who it says. It does not tell whether there is such a hub.
func (c client) invalid() *fault {
	return &fault{status: http.StatusUnauthorized, Code: "invalid_client", Text: "The client's id or secret is wrong.", basic: c.basic}
}

// Scope is the only one that there is: to command the hub's devices.
const Scope = "devices"

// checkScope refuses scopes that there are not.
func checkScope(scope string) error {
	for s := range strings.FieldsSeq(scope) {
		if s != Scope {
			return &fault{status: http.StatusBadRequest, Code: "invalid_scope", Text: "The only scope is " + Scope + "."}
		}
	}
	return nil
}
