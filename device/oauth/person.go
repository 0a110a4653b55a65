package oauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"madang"
	"madang/device"
	"madang/device/caller"
	"madang/device/pairing"
	"madang/device/problem"
)

// A PlaceView is a place to which a hub could come.
type PlaceView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// A HubView is the hub that asks.
type HubView struct {
	Serial string `json:"serial"`
	Name   string `json:"name"`
}

// A RequestView is what somebody is shown who has typed a code, before they decide. It is shown as well to who comes with the code
// in the address: they have not seen the hub, and an attacker may have sent them (RFC 8628, sections 3.3.1 and 5.4).
type RequestView struct {
	Request   string      `json:"request"` // its id, for the decision
	UserCode  string      `json:"user_code"`
	Hub       HubView     `json:"hub"`
	Address   string      `json:"address,omitempty"` // where the hub has asked from
	AskedAt   time.Time   `json:"asked_at"`
	ExpiresIn int         `json:"expires_in"` // seconds
	Place     *PlaceView  `json:"place"`      // of the hub; nil: it has none
	Places    []PlaceView `json:"places"`     // which the person owns, and can choose from if the hub has none
}

// Decision is the body of what somebody decides.
type Decision struct {
	Request string `json:"request"`
	Hub     string `json:"hub"`
	Approve bool   `json:"approve"`
	Place   string `json:"place"` // id; empty: the hub's own, or a new one
}

// Decided is the answer to a decision.
type Decided struct {
	Hub      HubView `json:"hub"`
	Approved bool    `json:"approved"`
}

// maxDecision is the greatest body of a decision in bytes.
const maxDecision = 4 << 10

// serveDecision answers the page on which people decide.
func (a *API) serveDecision(w http.ResponseWriter, r *http.Request) {
	var v any
	c, err := a.finder.Of(r)
	if err == nil && !c.Person() {
		err = fmt.Errorf("oauth: %q is no person: %w", c.Principal.User, madang.ErrForbidden)
	}
	if err == nil {
		switch r.Method {
		case http.MethodGet:
			v, err = a.look(r, c)
		case http.MethodPost:
			v, err = a.decide(w, r, c)
		default:
			w.Header().Set("Allow", "GET, POST")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
	}
	if err == nil {
		write(w, http.StatusOK, v)
		return
	}
	p := problem.Of(err)
	if p.Code == problem.CodeInternal {
		a.flow.Log.ErrorContext(r.Context(), "oauth: a request could not be answered", "path", r.URL.Path, "error", err)
	}
	p.Localize(problem.Language(r.Header.Get("Accept-Language"), a.flow.config.Locale)).Write(w)
}

// look shows who asks.
func (a *API) look(r *http.Request, c caller.Caller) (any, error) {
	ctx, rules := r.Context(), a.flow.Rules
	typed := r.URL.Query().Get("user_code")
	g, err := a.flow.Look(ctx, c.Actor, c.From, typed)
	if err != nil {
		return nil, err
	}
	h, err := rules.Store.Hub(ctx, g.App, g.Hub)
	if err != nil {
		return nil, err
	}
	v := RequestView{
		Request: g.ID, UserCode: shown(pairing.Letters.Normal(typed)), Hub: HubView{h.Serial, h.Name}, Address: g.Address, AskedAt: g.AskedAt,
		ExpiresIn: seconds(g.ExpiresAt.Sub(a.flow.now())), Places: []PlaceView{},
	}
	all, err := rules.Places(ctx, c.Actor)
	for _, p := range all {
		m, _ := p.Member(c.Actor.Person)
		switch {
		case h.Place == p.ID:
			v.Place = &PlaceView{p.ID, p.Name}
		case h.Place == "" && m.Role == device.Owner:
			v.Places = append(v.Places, PlaceView{p.ID, p.Name})
		}
	}
	return v, err
}

// decide takes a decision.
func (a *API) decide(w http.ResponseWriter, r *http.Request, c caller.Caller) (any, error) {
	var in Decision
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxDecision))
	if err == nil {
		err = json.Unmarshal(b, &in)
	}
	if err == nil && in.Request == "" {
		err = errors.New("there is no request")
	}
	if err == nil {
		err = device.CheckSerial(in.Hub)
	}
	if err != nil {
		return nil, fmt.Errorf("oauth: a decision: %w: %w", madang.ErrInvalid, err)
	}
	if err := a.flow.Decide(r.Context(), c.Actor, in.Hub, in.Request, in.Approve, in.Place); err != nil {
		return nil, err
	}
	h, err := a.flow.Rules.Store.Hub(r.Context(), c.Actor.App, in.Hub)
	return Decided{HubView{h.Serial, h.Name}, in.Approve}, err
}
