package home

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"madang"
	"madang/device"
	"madang/device/pairing"
)

// Rules are what the requests ask for. [device.Service] has them.
type Rules interface {
	AskCode(ctx context.Context, a device.Actor, serial string, from netip.Addr) error
	CheckCode(ctx context.Context, a device.Actor, serial string, from netip.Addr, code string) (device.Paired, error)
}

// Deps are what a Handler needs of others.
type Deps struct {
	Rules Rules
	App   string
	// Who returns who is signed in by a request. Nil, or false: nobody. An error is one of the server.
	Who func(*http.Request) (device.Actor, bool, error)
	// Address returns where a request comes from, as far as that can be trusted: behind a proxy, not the proxy.
	Address func(*http.Request) netip.Addr
	Log     *slog.Logger // nil: none
}

// A Handler answers GET /code and POST /codecheck. Make it with New.
type Handler struct {
	config Config
	Deps
}

// New returns a Handler.
func New(c Config, d Deps) (*Handler, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if d.Rules == nil || d.App == "" || d.Address == nil {
		return nil, errors.New("home: a handler needs rules, an app and where requests come from")
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Handler{c, d}, nil
}

// Patterns are the requests that a Handler answers, as http.ServeMux writes them.
func Patterns() []string { return []string{"/code", "/codecheck"} }

// What clients read.
const (
	textExpired   = "만료된 코드"
	textWrong     = "잘못된 인증코드"
	textSignIn    = "로그인이 필요합니다"
	textForbidden = "허용되지 않은 요청입니다"
	textElsewhere = "다른 주소로 온 요청입니다"
	textSerial    = "허브의 시리얼 번호가 필요합니다"
	textDisplay   = "허브의 화면이 연결되어 있지 않습니다"
	textLocked    = "잠겨 있습니다. 허브의 버튼을 눌러 주세요"
	textTooMany   = "요청이 너무 많습니다. 잠시 후 다시 시도해 주세요"
	textTrouble   = "서버 오류입니다"
	textMethod    = "지원하지 않는 메서드입니다"
)

// A reply is the body of every answer.
type reply struct {
	Success bool   `json:"success"`
	Token   string `json:"token,omitempty"`
	Message string `json:"message,omitempty"`
}

func answer(w http.ResponseWriter, status int, r reply) {
	body, _ := json.Marshal(r) // texts have a JSON form
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone needs none
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method, do := http.MethodGet, h.code
	if r.URL.Path == "/codecheck" {
		method, do = http.MethodPost, h.check
	}
	status, text := h.admit(w, r)
	switch {
	case status != 0:
		answer(w, status, reply{Message: text})
	case r.Method == http.MethodOptions:
		w.Header().Set("Allow", method)
		w.WriteHeader(http.StatusNoContent)
	case r.Method != method:
		w.Header().Set("Allow", method)
		answer(w, http.StatusMethodNotAllowed, reply{Message: textMethod})
	default:
		do(w, r)
	}
}

// code has the display show a code.
func (h *Handler) code(w http.ResponseWriter, r *http.Request) {
	a, serial, ok := h.who(w, r)
	if !ok {
		return
	}
	if serial == "" {
		answer(w, http.StatusBadRequest, reply{Message: textSerial})
		return
	}
	if err := h.Rules.AskCode(r.Context(), a, serial, h.Address(r)); err != nil {
		h.refuse(w, r, err)
		return
	}
	answer(w, http.StatusOK, reply{Success: true})
}

// check redeems what was typed.
func (h *Handler) check(w http.ResponseWriter, r *http.Request) {
	a, serial, ok := h.who(w, r)
	if !ok {
		return
	}
	typed := strings.Join(r.Header.Values("Code"), ", ") // several are none
	p, err := h.Rules.CheckCode(r.Context(), a, serial, h.Address(r), typed)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	answer(w, http.StatusCreated, reply{Success: true, Token: p.Token})
}

// who returns who asks, and of which hub; empty: they do not say.
func (h *Handler) who(w http.ResponseWriter, r *http.Request) (a device.Actor, serial string, ok bool) {
	signedIn := false
	if h.Who != nil {
		var err error
		if a, signedIn, err = h.Who(r); err != nil {
			h.refuse(w, r, err)
			return a, "", false
		}
	}
	if !signedIn {
		if h.config.Mode != Home {
			answer(w, http.StatusUnauthorized, reply{Message: textSignIn})
			return a, "", false
		}
		a = device.Actor{}
	}
	a.App = h.App
	serial, ok = pick(r)
	if h.config.Mode == Home {
		ok = ok && (serial == "" || serial == h.config.Serial)
		serial = h.config.Serial
	}
	if !ok {
		answer(w, http.StatusBadRequest, reply{Message: textSerial})
	}
	return a, serial, ok
}

// pick returns the serial that a request names; false if it is none, or there are two.
func pick(r *http.Request) (serial string, ok bool) {
	for _, s := range append(r.URL.Query()["serial"], r.Header.Values("X-Api-Serial")...) {
		if device.CheckSerial(s) != nil || serial != "" && serial != s {
			return "", false
		}
		serial = s
	}
	return serial, true
}

// refuse answers what the rules have refused. Nothing of an error's text reaches the client.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status, text := http.StatusInternalServerError, textTrouble
	var wait *pairing.WaitError
	switch {
	case errors.Is(err, pairing.ErrWrong):
		status, text = http.StatusUnauthorized, textWrong
	case errors.Is(err, pairing.ErrExpired):
		status, text = http.StatusUnauthorized, textExpired
	case errors.As(err, &wait):
		status, text = http.StatusTooManyRequests, textTooMany
		w.Header().Set("Retry-After", strconv.FormatInt(max(1, int64(math.Ceil(wait.Retry.Seconds()))), 10))
	case errors.Is(err, madang.ErrTooMany):
		status, text = http.StatusTooManyRequests, textTooMany
		w.Header().Set("Retry-After", strconv.Itoa(int(time.Minute/time.Second)))
	case errors.Is(err, pairing.ErrLocked):
		status, text = http.StatusLocked, textLocked
	case errors.Is(err, pairing.ErrNoDisplay):
		status, text = http.StatusServiceUnavailable, textDisplay
	case errors.Is(err, madang.ErrUnauthenticated):
		status, text = http.StatusUnauthorized, textSignIn
	case errors.Is(err, madang.ErrForbidden):
		status, text = http.StatusForbidden, textForbidden
	case errors.Is(err, device.ErrInvalid), errors.Is(err, pairing.ErrInvalid):
		status, text = http.StatusBadRequest, textSerial
	default:
		h.Log.ErrorContext(r.Context(), "home: a request could not be answered", "path", r.URL.Path, "error", err)
	}
	answer(w, status, reply{Message: text})
}
