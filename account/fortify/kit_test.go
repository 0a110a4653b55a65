package fortify

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madang/account"
	"madang/account/laravel"
	"madang/account/limit"
	"madang/account/password"
	"madang/account/photo"
	"madang/account/seal"
	"madang/account/signin"
	"madang/account/signin/mails"
	"madang/account/words"
	"madang/blob"
	"madang/mail"
	"madang/shared"
	"madang/store/memory"
)

// The people of every house have one password.
const (
	secretWord = "correct horse"
	otherWord  = "battery staple"
)

// hashed is a hasher as it is in a server, at the lowest cost it takes, and the hash of secretWord.
var hashed = sync.OnceValue(func() (x struct {
	hasher *password.Hasher
	hash   string
}) {
	var err error
	if x.hasher, err = password.New(password.Config{Memory: 8 << 10, Passes: 5, Lanes: 1, Waiting: 100}); err == nil {
		x.hash, err = x.hasher.Hash(context.Background(), secretWord)
	}
	if err != nil {
		panic(err)
	}
	return x
})

// A house is a server with members.
type house struct {
	tb  testing.TB
	url string
	// transport is this house's own: that of all would be told to close its connections when another house closes.
	transport http.RoundTripper
	f         *Fortify
	service   *signin.Service
	store     *memory.Accounts
	files     blob.Store
	box       *mail.Box
	log       *bytes.Buffer
	site      atomic.Pointer[laravel.Site]
	nowNano   atomic.Int64
}

func (h *house) now() time.Time       { return time.Unix(0, h.nowNano.Load()).UTC() }
func (h *house) pass(d time.Duration) { h.nowNano.Add(int64(d)) }

// An option changes how a house is built.
type option func(*signin.Config, *Config, *Parts)

func messages(p words.Profile) option {
	return func(_ *signin.Config, c *Config, _ *Parts) { c.Messages = p }
}

// newHouse returns a house that serves by http on an address of this machine.
func newHouse(tb testing.TB, options ...option) *house {
	tb.Helper()
	h := &house{tb: tb, store: memory.NewAccounts(), files: &blob.Memory{}, box: &mail.Box{}, log: &bytes.Buffer{}}
	h.nowNano.Store(time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC).UnixNano())
	box, err := seal.New([]byte(strings.Repeat("k", seal.MinKey)))
	must(tb, err)
	texts, err := mails.New(nil)
	must(tb, err)
	var mu sync.Mutex
	log := slog.New(slog.NewTextHandler(writer(func(b []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return h.log.Write(b)
	}), nil))

	sc := signin.Defaults("web")
	sc.URL, sc.Sites = "https://barun.test", map[string]string{"admin": "https://admin.barun.test"}
	c := Defaults()
	c.Terms, c.Privacy = "# Terms\n\nBe kind.", "Nothing is *kept*."
	p := Parts{Pages: pages{}, Box: box, Album: photo.New(h.files, log), Log: log, Now: h.now, Site: func(*http.Request) laravel.Site { return *h.site.Load() }}
	for _, o := range options {
		o(&sc, &c, &p)
	}
	h.service, err = signin.New(sc, signin.Parts{
		Store: h.store, Hasher: hashed().hasher, Box: box, Limiter: limit.New(shared.NewMemory(h.now)), Mail: h.box, Mails: texts, Now: h.now, Log: log,
	})
	must(tb, err)
	p.Service = h.service
	h.f, err = New(c, p)
	must(tb, err)
	mux := http.NewServeMux()
	for pattern, handler := range h.f.Routes() {
		mux.Handle(pattern, handler)
	}
	mux.HandleFunc("/", h.f.NotFound)
	server := httptest.NewServer(mux)
	tb.Cleanup(server.Close)
	tb.Cleanup(func() { must(tb, h.service.Drain(context.Background())) })
	h.url, h.transport = server.URL, server.Client().Transport
	h.site.Store(&laravel.Site{URL: h.url})
	return h
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// pages shows what a page is told.
type pages struct{}

func (pages) Page(w http.ResponseWriter, _ *http.Request, p laravel.Page) {
	body, err := json.Marshal(map[string]any{"component": p.Component, "props": p.Props})
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(max(p.Status, http.StatusOK))
	_, _ = w.Write(body)
}

// add keeps somebody whose password is secretWord.
func (h *house) add(email string, change ...func(*account.Person)) {
	h.tb.Helper()
	p := account.Person{App: "default", Provider: "members", Name: "Kim", Email: email, Password: hashed().hash, VerifiedAt: h.now(), CreatedAt: h.now()}
	for _, f := range change {
		f(&p)
	}
	_, err := h.store.AddPerson(h.tb.Context(), p)
	must(h.tb, err)
}

func unverified(p *account.Person) { p.VerifiedAt = time.Time{} }

// mailed waits for all mails and returns the link in the last one to an address.
func (h *house) mailed(to string) string {
	h.tb.Helper()
	must(h.tb, h.service.Drain(h.tb.Context()))
	for _, m := range h.box.Mails() {
		if link := regexp.MustCompile(`https?://\S+`).FindString(m.Text); m.To.Address == to && link != "" {
			return link
		}
	}
	h.tb.Fatalf("no mail to %s has a link", to)
	return ""
}
