package standard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"madang/account/operator"
	"madang/device"
)

// hubsPath is where commands about hubs are answered.
const hubsPath = "/hubs"

// A hubOperator answers the commands of the server's machine about hubs. Whoever reaches it may do everything.
type hubOperator struct {
	rules *device.Service
	app   string
}

// A hubRow is a hub as a command sees it.
type hubRow struct {
	Serial       string    `json:"serial"`
	Name         string    `json:"name"`
	Place        string    `json:"place,omitempty"` // id; empty: nobody has paired with it
	Online       bool      `json:"online"`
	SeenAt       time.Time `json:"seen_at,omitzero"`
	RegisteredAt time.Time `json:"registered_at"`
	Key          bool      `json:"key"`              // it signs with a key of its own
	Secret       string    `json:"secret,omitempty"` // a new one, said once
}

func rowOf(h device.Hub) hubRow {
	return hubRow{Serial: h.Serial, Name: h.Name, Place: h.Place, Online: h.Online(), SeenAt: h.SeenAt, RegisteredAt: h.RegisteredAt, Key: h.PublicKey != ""}
}

// A hubWish is what a command asks for.
type hubWish struct {
	Serial string `json:"serial"`
	Name   string `json:"name"` // empty: as it is called now, or the serial
	Key    string `json:"key"`  // PEM
}

// hubRequest is the largest request of a command in bytes, and hubPage how many hubs are listed at once.
const (
	hubRequest = 64 << 10
	hubPage    = 1000
)

// Handler returns the interface of the commands.
func (o hubOperator) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, f := range map[string]func(*http.Request) (any, error){
		"GET " + hubsPath: o.list, "POST " + hubsPath: o.add, "DELETE " + hubsPath + "/{serial}": o.remove, "PUT " + hubsPath + "/{serial}/key": o.key,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, hubRequest)
			out, err := f(r)
			status := http.StatusOK
			if err != nil {
				status, out = hubProblem(err)
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(out) // a command that is gone hears nothing
		})
	}
	return mux
}

// hubProblem is the answer for an error. Whoever asks may see the server's own trouble.
func hubProblem(err error) (int, any) {
	status := http.StatusInternalServerError
	switch {
	case errors.Is(err, device.ErrNotFound):
		status, err = http.StatusNotFound, errors.New("there is no such hub; hub list shows all")
	case errors.Is(err, device.ErrInvalid):
		status = http.StatusUnprocessableEntity
	}
	return status, map[string]string{"error": err.Error()}
}

func wish(r *http.Request) (w hubWish, err error) {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil {
		return w, fmt.Errorf("the request cannot be read: %w: %w", device.ErrInvalid, err)
	}
	return w, nil
}

func (o hubOperator) list(r *http.Request) (any, error) {
	all := []hubRow{}
	found, err := o.rules.Store.Hubs(r.Context(), o.app, r.URL.Query().Get("after"), hubPage)
	for _, h := range found {
		all = append(all, rowOf(h))
	}
	return all, err
}

// called returns what a hub is called if it is not given a name now.
func (o hubOperator) called(ctx context.Context, w hubWish) (string, error) {
	if w.Name != "" {
		return w.Name, nil
	}
	h, err := o.rules.Store.Hub(ctx, o.app, w.Serial)
	if errors.Is(err, device.ErrNotFound) {
		return w.Serial, nil
	}
	return h.Name, err
}

func (o hubOperator) add(r *http.Request) (any, error) {
	w, err := wish(r)
	if err != nil {
		return nil, err
	}
	name, err := o.called(r.Context(), w)
	if err != nil {
		return nil, err
	}
	secret, err := o.rules.Register(r.Context(), o.app, w.Serial, name)
	if err != nil {
		return nil, err
	}
	return o.row(r.Context(), w.Serial, secret)
}

func (o hubOperator) row(ctx context.Context, serial, secret string) (any, error) {
	h, err := o.rules.Store.Hub(ctx, o.app, serial)
	if err != nil {
		return nil, err
	}
	row := rowOf(h)
	row.Secret = secret
	return row, nil
}

func (o hubOperator) remove(r *http.Request) (any, error) {
	serial := r.PathValue("serial")
	h, err := o.rules.Store.Hub(r.Context(), o.app, serial)
	if err == nil {
		err = o.rules.RevokeHub(r.Context(), o.app, serial)
	}
	return rowOf(h), err
}

// key has a hub prove itself by a key of its own from now on.
func (o hubOperator) key(r *http.Request) (any, error) {
	w, err := wish(r)
	if err != nil {
		return nil, err
	}
	w.Serial = r.PathValue("serial")
	name, err := o.called(r.Context(), w)
	if err != nil {
		return nil, err
	}
	if err := o.rules.RegisterKey(r.Context(), o.app, w.Serial, name, w.Key); err != nil {
		return nil, err
	}
	return o.row(r.Context(), w.Serial, "")
}

// hubsOf asks for all hubs, page by page.
func hubsOf(ctx context.Context, c *operator.Client) (all []hubRow, err error) {
	all = []hubRow{}
	for {
		after := ""
		if len(all) > 0 {
			after = all[len(all)-1].Serial
		}
		var page []hubRow
		if err := c.Do(ctx, http.MethodGet, hubsPath+"?"+url.Values{"after": {after}}.Encode(), nil, &page); err != nil {
			return nil, err
		}
		if all = append(all, page...); len(page) < hubPage {
			return all, nil
		}
	}
}
