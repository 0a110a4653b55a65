package operator

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	_ "embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// SetupPath begins the path of the page that makes the first administrator.
const SetupPath = "/setup/"

// setupTime is how long the link is good. Starting the server again makes another one.
const setupTime = 24 * time.Hour

// A Setup makes the first administrator: whoever opens the link that the server wrote to its own console gives themselves a
// name, an address and a password. It works once, and only as long as nobody has the role.
type Setup struct {
	operator    *Operator
	guard, role string
	login       string // where to go afterwards
	product     string
	log         *slog.Logger
	hash        [32]byte
	until       time.Time

	missing http.Handler

	mu   sync.Mutex
	done bool
}

// Missing says what answers who has no good link; without it, it is a line of text. It is to be called before the first request.
func (s *Setup) Missing(h http.Handler) { s.missing = h }

// NewSetup returns a Setup and the secret of its link, or nil if somebody of the guard has the role. Login is the address of
// the page to sign in at.
func NewSetup(ctx context.Context, o *Operator, guard, role, login, product string, log *slog.Logger) (*Setup, string, error) {
	if there, err := o.Anybody(ctx, guard, role); err != nil || there {
		return nil, "", err
	}
	secret := rand.Text()
	return &Setup{
		operator: o, guard: guard, role: role, login: login, product: product, log: log, hash: sha256.Sum256([]byte(secret)),
		until: o.Now().Add(setupTime), missing: http.NotFoundHandler(),
	}, secret, nil
}

// Anybody reports whether somebody of a guard has a role and can sign in.
func (o *Operator) Anybody(ctx context.Context, guard, role string) (bool, error) {
	for after := int64(0); ; {
		people, err := o.List(ctx, guard, Page{After: after, Limit: Most})
		if err != nil || len(people) == 0 {
			return false, err
		}
		for _, p := range people {
			if slices.Contains(p.Roles, role) && p.DisabledAt == nil {
				return true, nil
			}
		}
		after = people[len(people)-1].ID
	}
}

//go:embed setup.html
var setupHTML string

// A setupPage is what the page shows.
type setupPage struct {
	Korean      bool
	Product     string
	Name, Email string
	Problem     string
	Login       string
	Done        bool
	Nonce       string
}

// say returns a text in the language of the page.
func (p setupPage) say(english, korean string) string {
	if p.Korean {
		return korean
	}
	return english
}

// ServeHTTP implements http.Handler, at SetupPath. To everybody without the link there is nothing.
func (s *Setup) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	shown := sha256.Sum256([]byte(strings.TrimPrefix(r.URL.Path, SetupPath)))
	s.mu.Lock()
	defer s.mu.Unlock()
	if subtle.ConstantTimeCompare(shown[:], s.hash[:]) != 1 || s.done || s.operator.Now().After(s.until) {
		s.missing.ServeHTTP(w, r)
		return
	}
	page := setupPage{Korean: korean(r.Header.Get("Accept-Language")), Product: s.product, Login: s.login, Nonce: rand.Text()}
	status := http.StatusOK
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodPost:
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		page.Name, page.Email = r.PostFormValue("name"), r.PostFormValue("email")
		if err := s.make(r.Context(), page, r.PostFormValue("password"), r.PostFormValue("password_confirmation")); err != nil {
			status, page.Problem = s.explain(r.Context(), err)
		} else {
			page.Done = true
		}
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, "this page is read or sent", http.StatusMethodNotAllowed)
		return
	}
	s.show(w, status, page)
}

// make adds the administrator, unless somebody was made one in the meantime.
func (s *Setup) make(ctx context.Context, p setupPage, password, confirmation string) error {
	switch {
	case password == "":
		return fail(422, "%s", p.say("The password field is required.", "비밀번호를 입력해 주세요."))
	case password != confirmation:
		return fail(422, "%s", p.say("The password confirmation does not match.", "비밀번호 확인이 일치하지 않습니다."))
	}
	there, err := s.operator.Anybody(ctx, s.guard, s.role)
	if err != nil {
		return err
	}
	if there {
		s.done = true
		return fail(409, "%s", p.say("There is an administrator already.", "이미 관리자가 있습니다."))
	}
	n := Addition{Name: p.Name, Email: p.Email, Password: password, Verified: true, Roles: []string{s.role}}
	if p.Korean {
		n.Locale = "ko"
	}
	if _, err := s.operator.Add(ctx, "setup", s.guard, n); err != nil {
		return err
	}
	s.done = true
	s.log.InfoContext(ctx, "the first administrator has been made", "email", p.Email)
	return nil
}

// explain says what the page says of an error.
func (s *Setup) explain(ctx context.Context, err error) (status int, text string) {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Status, e.Text
	}
	s.log.ErrorContext(ctx, "the first administrator could not be made", "error", err)
	return http.StatusInternalServerError, "Server Error"
}

func (s *Setup) show(w http.ResponseWriter, status int, p setupPage) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer") // the address is a secret
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+p.Nonce+"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	t, err := template.New("setup").Parse(setupHTML)
	if err != nil {
		s.log.Error("the page for the first administrator is broken", "error", err)
		http.Error(w, "Server Error", http.StatusInternalServerError)
		return
	}
	w.WriteHeader(status)
	_ = t.Execute(w, p) // a browser that is gone sees nothing
}

// korean reports whether a browser would rather have Korean than English.
func korean(accept string) bool {
	for part := range strings.SplitSeq(strings.ToLower(accept), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		switch base, _, _ := strings.Cut(tag, "-"); base {
		case "ko":
			return true
		case "en":
			return false
		}
	}
	return false
}
