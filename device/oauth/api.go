package oauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"madang"
	"madang/device"
	"madang/device/caller"
	"madang/device/pairing"
)

// Paths of what is answered, beside the page of a person, which somebody else makes.
const (
	PathAuthorize = "/oauth/device_authorization"
	PathToken     = "/oauth/token"  //nolint:gosec // a path
	PathDecide    = "/oauth/device" // for the page
	PathMetadata  = "/.well-known/oauth-authorization-server"
	PathPage      = "/device"
)

// An API answers hubs and the page of who decides. Make it with New.
type API struct {
	flow   *Flow
	finder caller.Finder
}

// New makes the interface of a flow. The hub's guard of [Config.Guard] says who people are.
func New(f *Flow, hub *madang.Hub) *API {
	c := f.config
	return &API{f, caller.Finder{Hub: hub, Rules: f.Rules, App: c.App, Guard: c.Guard, Locale: c.Locale}}
}

// Routes returns who answers what, for servers that join the routes of several parts.
func (a *API) Routes() map[string]http.Handler {
	return map[string]http.Handler{
		PathAuthorize: a.forHubs(a.authorize),
		PathToken:     a.forHubs(a.token),
		PathDecide:    http.HandlerFunc(a.serveDecision),
		PathMetadata:  http.HandlerFunc(a.metadata),
	}
}

// write answers with JSON that is nobody else's to keep.
func write(w http.ResponseWriter, status int, v any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache") // RFC 6749, section 5.1
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a client that has gone needs no answer
}

// forHubs answers a form of a hub that proves itself.
func (a *API) forHubs(do func(*http.Request, device.Hub, map[string]string) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			write(w, http.StatusMethodNotAllowed, &fault{Code: "invalid_request", Text: "The method must be POST."})
			return
		}
		form, err := readForm(w, r)
		var h device.Hub
		if err == nil {
			h, err = a.hub(r, form)
		}
		var answer any
		if err == nil {
			answer, err = do(r, h, form)
		}
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		write(w, http.StatusOK, answer)
	})
}

// hub returns the hub that a request proves to be of.
func (a *API) hub(r *http.Request, form map[string]string) (device.Hub, error) {
	c, err := clientOf(r.Header.Get("Authorization"), form)
	if err != nil {
		return device.Hub{}, err
	}
	if device.CheckSerial(c.id) != nil {
		return device.Hub{}, c.invalid()
	}
	h, err := a.flow.Rules.Prove(r.Context(), a.flow.config.App, c.id, c.secret)
	if errors.Is(err, device.ErrUnauthenticated) {
		return device.Hub{}, c.invalid()
	}
	return h, err
}

// refuse answers a hub what has gone wrong. Nothing of an error's text reaches it.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	f, ok := errors.AsType[*fault](err)
	if !ok {
		f = faultOf(err)
	}
	if f.status == http.StatusInternalServerError {
		a.flow.Log.ErrorContext(r.Context(), "oauth: a request could not be answered", "path", r.URL.Path, "error", err)
	}
	if f.basic {
		w.Header().Set("WWW-Authenticate", `Basic realm="hubs"`)
	}
	if f.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(f.retry))
	}
	write(w, f.status, f)
}

// faultOf is the table of what hubs see of errors: RFC 8628, section 3.5.
func faultOf(err error) *fault {
	for _, row := range []struct {
		err  error
		code string
		text string
	}{
		{ErrPending, "authorization_pending", "Nobody has decided yet."},
		{ErrSlow, "slow_down", "Ask 5 seconds less often from now on."},
		{ErrDenied, "access_denied", "It was refused."},
		{ErrExpired, "expired_token", "The code has expired. Begin anew."},
		{ErrUnknown, "invalid_grant", "There is no such code, or it has been used."},
	} {
		if errors.Is(err, row.err) {
			return &fault{status: http.StatusBadRequest, Code: row.code, Text: row.text}
		}
	}
	if wait, ok := errors.AsType[*pairing.WaitError](err); ok {
		return &fault{status: http.StatusTooManyRequests, Code: "slow_down", Text: "A request has just begun.", retry: seconds(wait.Retry)}
	}
	return &fault{status: http.StatusInternalServerError, Code: "server_error"}
}

// seconds is a time in whole ones, at least 1.
func seconds(d time.Duration) int { return max(1, int(math.Ceil(d.Seconds()))) }

// authorization is the answer to a hub that asks for consent: RFC 8628, section 3.2.
type authorization struct {
	DeviceCode string `json:"device_code"`
	UserCode   string `json:"user_code"`
	URI        string `json:"verification_uri"`
	Complete   string `json:"verification_uri_complete"`
	ExpiresIn  int    `json:"expires_in"`
	Interval   int    `json:"interval"`
}

func (a *API) authorize(r *http.Request, h device.Hub, form map[string]string) (any, error) {
	if err := checkScope(form["scope"]); err != nil {
		return nil, err
	}
	from, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		from = r.RemoteAddr
	}
	asked, err := a.flow.Ask(r.Context(), h, from)
	if err != nil {
		return nil, err
	}
	page := a.flow.config.URL + PathPage
	return authorization{
		asked.DeviceCode, asked.UserCode, page, page + "?user_code=" + url.QueryEscape(asked.UserCode), seconds(asked.ExpiresIn), seconds(asked.Interval),
	}, nil
}

// GrantType is that of RFC 8628, section 3.4.
const GrantType = "urn:ietf:params:oauth:grant-type:device_code"

// issued is the answer to a hub that somebody has agreed with: RFC 6749, section 5.1.
type issued struct {
	Token     string `json:"access_token"`
	Type      string `json:"token_type"`
	ExpiresIn int    `json:"expires_in"`
	Scope     string `json:"scope"`
}

func (a *API) token(r *http.Request, h device.Hub, form map[string]string) (any, error) {
	switch {
	case form["grant_type"] == "":
		return nil, invalidRequest("grant_type is missing.")
	case form["grant_type"] != GrantType:
		return nil, &fault{status: http.StatusBadRequest, Code: "unsupported_grant_type", Text: "grant_type must be " + GrantType + "."}
	case form["device_code"] == "":
		return nil, invalidRequest("device_code is missing.")
	}
	p, err := a.flow.Poll(r.Context(), h, form["device_code"])
	if err != nil {
		return nil, fmt.Errorf("oauth: token: %w", err)
	}
	return issued{p.Token, "Bearer", int(p.ExpiresAt.Sub(a.flow.now()).Seconds()), Scope}, nil
}

// metadata says what there is: RFC 8414, section 2.
func (a *API) metadata(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	at := a.flow.config.URL
	_ = json.NewEncoder(w).Encode(map[string]any{ // a client that has gone needs no answer
		"issuer":                                at,
		"token_endpoint":                        at + PathToken,
		"device_authorization_endpoint":         at + PathAuthorize,
		"response_types_supported":              []string{},
		"grant_types_supported":                 []string{GrantType},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
		"scopes_supported":                      []string{Scope},
	})
}
