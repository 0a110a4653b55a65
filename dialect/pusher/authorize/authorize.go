// Package authorize answers the authorization requests of pusher-js and Laravel Echo for people who have a token of this
// server: what a Laravel app does at /broadcasting/auth, for those who have none.
//
// Source: "Authorizing users" and "Authenticating users" of the Pusher Channels documentation, and Laravel's
// PusherBroadcaster.
package authorize

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"strings"

	"madang"
	"madang/internal/convention"
)

// maxBody is the largest request in bytes.
const maxBody = 64 << 10

// A Handler signs what the hub's policies grant.
type Handler struct {
	hub  *madang.Hub
	apps *madang.Apps
	app  string
	log  *slog.Logger
	// guard returns which guard knows who asks for a channel; see GuardOf.
	guard func(channel string) string
	// seal returns what channel_data says besides; see SealOf.
	seal func(conn madang.ConnID, channel string, user string, by *madang.Principal) string
}

// New returns a Handler for an app. Requests may name another one by its key, in the parameter app_key.
func New(hub *madang.Hub, apps *madang.Apps, app string, log *slog.Logger) *Handler {
	return &Handler{hub: hub, apps: apps, app: app, log: log}
}

// GuardOf sets which guard is asked about who asks for a channel; empty: the usual one. It is set before clients come.
func (h *Handler) GuardOf(f func(channel string) string) { h.guard = f }

// SealOf sets what is put into channel_data as "seal", unless it is empty: for who has to know that this server has signed it, and
// not somebody else who has the key of the app. By is nil for who is not signed in here. It is set before clients come.
func (h *Handler) SealOf(f func(conn madang.ConnID, channel string, user string, by *madang.Principal) string) {
	h.seal = f
}

// Routes returns the two addresses that Laravel Echo asks unless it is told others.
func (h *Handler) Routes() map[string]http.Handler {
	return map[string]http.Handler{
		"POST /broadcasting/auth":         h.open(h.channel),
		"POST /broadcasting/user-auth":    h.open(h.user),
		"OPTIONS /broadcasting/auth":      h.open(nil),
		"OPTIONS /broadcasting/user-auth": h.open(nil),
	}
}

// A question is what a client sends, as a form or as JSON.
type question struct {
	SocketID string `json:"socket_id"`
	Channel  string `json:"channel_name"`
	AppKey   string `json:"app_key"`
}

// open lets pages of other origins ask. They show a token in a header; a cookie counts only for whom the guard lets it, by the
// page's origin, so nothing is gained by asking with somebody else's browser.
func (h *Handler) open(answer func(*http.Request, question, *madang.Principal, madang.Key) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Access-Control-Allow-Origin", "*")
		head.Set("Cache-Control", "no-store")
		if r.Method == http.MethodOptions {
			head.Set("Access-Control-Allow-Methods", "POST")
			head.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Accept, X-Requested-With, X-CSRF-TOKEN, X-XSRF-TOKEN, X-Socket-ID")
			head.Set("Access-Control-Max-Age", "7200")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		reply, err := h.ask(w, r, answer)
		if err != nil {
			h.refuse(w, r, err)
			return
		}
		head.Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(reply) // a client that is gone hears nothing
	})
}

func (h *Handler) ask(w http.ResponseWriter, r *http.Request,
	answer func(*http.Request, question, *madang.Principal, madang.Key) (any, error),
) (any, error) {
	q, err := parse(w, r)
	if err != nil {
		return nil, err
	}
	app, key, err := h.key(q.AppKey)
	if err != nil {
		return nil, err
	}
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	guard := ""
	if h.guard != nil {
		guard = h.guard(q.Channel)
	}
	who, err := h.hub.Authenticate(r.Context(), madang.Credentials{
		Guard: guard, App: app, Token: token, Header: header(r), Query: func(string) string { return "" },
		Remote: remote(r), Locale: r.Header.Get("Accept-Language"),
	})
	if err != nil {
		return nil, err
	}
	return answer(r, q, who, key)
}

// key returns the app, and the key that signs for it: the one that the request names, or the app's first.
func (h *Handler) key(name string) (string, madang.Key, error) {
	if name != "" {
		app, key := h.apps.ByKey(name)
		if app == nil {
			return "", madang.Key{}, fmt.Errorf("app_key names no key of this server: %w", madang.ErrInvalid)
		}
		return app.ID, key, nil
	}
	app := h.apps.ByID(h.app)
	if app == nil || len(app.Keys) == 0 {
		return "", madang.Key{}, fmt.Errorf("this server's app has no key to sign with: %w", madang.ErrNotFound)
	}
	return app.ID, app.Keys[0], nil
}

// parse reads a form or JSON.
func parse(w http.ResponseWriter, r *http.Request) (q question, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "application/json" {
		err = json.NewDecoder(r.Body).Decode(&q)
	} else {
		err = r.ParseForm()
		form := func(k string) string { return r.PostForm.Get(k) }
		q = question{SocketID: form("socket_id"), Channel: form("channel_name"), AppKey: form("app_key")}
	}
	if err == nil && !madang.ConnID(q.SocketID).Valid() {
		err = errors.New("socket_id is not of the form digits.digits")
	}
	if err != nil {
		return question{}, fmt.Errorf("%w: %w", madang.ErrInvalid, err)
	}
	return q, nil
}

// channel signs a subscription.
func (h *Handler) channel(r *http.Request, q question, who *madang.Principal, key madang.Key) (any, error) {
	if !convention.ValidName(q.Channel) {
		return nil, fmt.Errorf("channel_name is no name of a channel: %w", madang.ErrInvalid)
	}
	kind := convention.KindOf(q.Channel)
	if kind != convention.Private && kind != convention.Presence {
		return nil, fmt.Errorf("channel %s needs no authorization: %w", q.Channel, madang.ErrForbidden)
	}
	g, err := h.hub.Authorize(r.Context(), madang.AccessRequest{
		Action: madang.ActSubscribe, Principal: who, Conn: madang.ConnID(q.SocketID), Channel: madang.Channel{App: who.App, Name: q.Channel},
	})
	if err != nil {
		return nil, err
	}
	var reply struct {
		Auth        string `json:"auth"`
		ChannelData string `json:"channel_data,omitempty"`
	}
	in := signedIn(who)
	if kind == convention.Presence || g.Member != nil || in != nil { // of a private channel: see pusher.NewPolicy
		data := channelData{presenceMember: member(g, who), signIn: in}
		if h.seal != nil {
			by := who
			if in == nil {
				by = nil
			}
			data.Seal = h.seal(madang.ConnID(q.SocketID), q.Channel, data.UserID, by)
		}
		b, err := json.Marshal(data)
		if err != nil {
			return nil, fmt.Errorf("channel_data: %w", err)
		}
		reply.ChannelData = string(b)
	}
	reply.Auth = key.Name + ":" + convention.Sign(key.Secret, convention.ChannelText(q.SocketID, q.Channel, []byte(reply.ChannelData)))
	return reply, nil
}

// header returns the headers of a request, Host among them.
func header(r *http.Request) func(string) string {
	return func(key string) string {
		if strings.EqualFold(key, "Host") {
			return r.Host
		}
		return r.Header.Get(key)
	}
}

// remote is the address of the client without its port.
func remote(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}

// A signIn says what somebody is signed in by to this server, with what is signed for them: the subscription, or the
// connection that they sign in with, ends when that does. Others are not shown it.
type signIn struct {
	ID        string          `json:"sign_in"`
	Guard     string          `json:"guard"`
	Abilities json.RawMessage `json:"abilities,omitempty"`
}

// signedIn returns what a principal is signed in by, or nil.
func signedIn(who *madang.Principal) *signIn {
	in := &signIn{Guard: who.Guard}
	if len(who.Claims) == 0 || json.Unmarshal(who.Claims, in) != nil || in.ID == "" {
		return nil
	}
	in.Guard = who.Guard // whatever the claims say
	return in
}

// channelData is channel_data.
type channelData struct {
	presenceMember
	*signIn
	Seal string `json:"seal,omitempty"`
}

// A presenceMember is who somebody is in a channel.
type presenceMember struct {
	UserID   string          `json:"user_id"`
	UserInfo json.RawMessage `json:"user_info,omitempty"`
}

// member is how the policy wants somebody to be shown, or how the token does.
func member(g *madang.Grant, who *madang.Principal) presenceMember {
	if m := g.Member; m != nil {
		return presenceMember{UserID: m.User, UserInfo: m.Data}
	}
	info, _ := json.Marshal(map[string]string{"id": who.User, "name": cmp.Or(who.Name, who.User)}) // strings always have a JSON form
	return presenceMember{UserID: who.User, UserInfo: info}
}

// user signs a sign-in.
func (h *Handler) user(_ *http.Request, q question, who *madang.Principal, key madang.Key) (any, error) {
	if who.User == "" {
		return nil, fmt.Errorf("the token is nobody's in particular: %w", madang.ErrForbidden)
	}
	data, err := json.Marshal(struct {
		ID       string            `json:"id"`
		UserInfo map[string]string `json:"user_info"`
		*signIn
	}{who.User, map[string]string{"name": cmp.Or(who.Name, who.User)}, signedIn(who)})
	if err != nil {
		return nil, fmt.Errorf("user_data: %w", err)
	}
	return map[string]string{
		"auth":      key.Name + ":" + convention.Sign(key.Secret, convention.UserText(q.SocketID, string(data))),
		"user_data": string(data),
	}, nil
}

// refuse answers in Laravel's shape.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status, text := http.StatusInternalServerError, "Server Error"
	for _, x := range []struct {
		is     error
		status int
		text   string
	}{
		{madang.ErrUnauthenticated, http.StatusUnauthorized, "Unauthenticated."},
		{madang.ErrForbidden, http.StatusForbidden, "This action is unauthorized."},
		{madang.ErrInvalid, http.StatusUnprocessableEntity, "socket_id and channel_name must be given as pusher-js does."},
		{madang.ErrNotFound, http.StatusNotFound, "This server's app has no key."},
	} {
		if errors.Is(err, x.is) {
			status, text = x.status, x.text
			break
		}
	}
	if refusal, ok := errors.AsType[*madang.Refusal](err); ok {
		text = refusal.Text
	}
	if status == http.StatusInternalServerError {
		h.log.Error("an authorization request failed", "path", r.URL.Path, "error", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": text}) // a client that is gone hears nothing
}
