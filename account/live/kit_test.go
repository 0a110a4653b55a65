package live_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madang"
	"madang/account"
	"madang/account/limit"
	"madang/account/live"
	"madang/account/seal"
	"madang/account/signin"
	"madang/account/signin/mails"
	"madang/account/words"
	"madang/madangtest"
	"madang/mail"
	"madang/shared"
	"madang/store/memory"
)

const (
	app        = "default"
	secretWord = "correct horse"
)

// cheap is a Hasher that costs nothing.
type cheap struct{}

func (cheap) Hash(_ context.Context, text string) (string, error) { return "$" + text, nil }
func (cheap) Verify(_ context.Context, hash, text string) (ok, replace bool, err error) {
	return hash == "$"+text, false, nil
}
func (cheap) Pretend(context.Context, string) error { return nil }

// A store can refuse to answer.
type store struct {
	*memory.Accounts
	fail atomic.Pointer[error]
}

func (s *store) Session(ctx context.Context, app string, id account.Hash, at time.Time) (account.Session, error) {
	if err := s.fail.Load(); err != nil {
		return account.Session{}, *err
	}
	return s.Accounts.Session(ctx, app, id, at)
}

// A deaf broker delivers nothing while it is told to.
type deaf struct {
	madang.Broker
	now  *atomic.Bool
	recv madang.Receiver
}

func (d *deaf) Start(ctx context.Context, r madang.Receiver) error {
	d.recv = r
	return d.Broker.Start(ctx, d)
}

func (d *deaf) Receive(e *madang.Event) {
	if !d.now.Load() {
		d.recv.Receive(e)
	}
}

// A town is a cluster of nodes with one store, and the services whose people connect to it.
type town struct {
	t       testing.TB
	store   *store
	members *signin.Service
	users   *signin.Service
	hubs    []*madang.Hub
	lives   []*live.Live
	deaf    []*atomic.Bool
}

func newTown(t testing.TB, nodes int, change ...func(*live.Config, *madang.Config)) *town {
	t.Helper()
	w := &town{t: t, store: &store{Accounts: memory.NewAccounts()}}
	joined := madang.NewMemory()
	for range nodes {
		c, hc := live.Defaults(), madang.Config{}
		for _, f := range change {
			f(&c, &hc)
		}
		l, err := live.New(c, w.store, live.WithLogger(slog.New(slog.DiscardHandler)))
		ok(t, err)
		d := new(atomic.Bool)
		hc.Broker, hc.Presence = &deaf{Broker: madangtest.Later(joined.Broker(), nil), now: d}, joined
		hc.Observers = append(hc.Observers, l.Observer())
		h := madang.New(hc)
		ok(t, h.Start(context.Background()))
		ok(t, l.Start(context.Background(), h))
		w.hubs, w.lives, w.deaf = append(w.hubs, h), append(w.lives, l), append(w.deaf, d)
	}
	box, err := seal.New([]byte(strings.Repeat("k", seal.MinKey)))
	ok(t, err)
	texts, err := mails.New(nil)
	ok(t, err)
	open := func(guard string) *signin.Service {
		c := signin.Defaults(guard)
		c.URL = "https://barun.test"
		s, err := signin.New(c, signin.Parts{
			Store: w.store, Hasher: cheap{}, Box: box, Limiter: limit.New(shared.NewMemory(time.Now)), Mail: &mail.Box{}, Mails: texts,
			Log: slog.New(slog.DiscardHandler), Ended: w.lives[0].Ended(app),
		})
		ok(t, err)
		return s
	}
	w.members, w.users = open("web"), open("api")
	return w
}

// close ends everything, as a cleanup of a bubble that is about to end.
func (w *town) close() {
	for i, l := range w.lives {
		ok(w.t, l.Close())
		ok(w.t, w.hubs[i].Close())
	}
	ok(w.t, w.members.Drain(context.Background()))
	ok(w.t, w.users.Drain(context.Background()))
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// here is somebody who asks.
func here() signin.From {
	return signin.From{Client: account.Client{Address: "192.0.2.7", UserAgent: "Test/1"}, Speaker: words.Speaker{Language: words.English}}
}

// person adds somebody of a service.
func (w *town) person(s *signin.Service, name string) account.Person {
	w.t.Helper()
	p, err := w.store.AddPerson(context.Background(), account.Person{App: app, Provider: s.Config().Provider, Name: name, Email: name + "@example.com",
		Password: "$" + secretWord, VerifiedAt: time.Now()})
	ok(w.t, err)
	return p
}

// enter signs somebody in by a browser.
func (w *town) enter(p account.Person) signin.Entry {
	w.t.Helper()
	e, err := w.members.Login(context.Background(), here(), signin.LoginForm{Email: p.Email, Password: secretWord})
	ok(w.t, err)
	return e
}

// issue signs somebody in by tokens.
func (w *town) issue(p account.Person) signin.Grant {
	w.t.Helper()
	g, err := w.users.Issue(context.Background(), here(), p)
	ok(w.t, err)
	return g
}

func bySession(who signin.SignedIn) *madang.Principal {
	return principal("web", who.Person, "session:"+hex.EncodeToString(who.Session.ID[:]), nil)
}

func byTokens(who signin.SignedIn) *madang.Principal {
	return principal("api", who.Person, "tokens:"+who.Family.ID, nil)
}

func principal(guard string, p account.Person, signIn string, abilities []string) *madang.Principal {
	claims := map[string]any{"sign_in": signIn, "email": p.Email}
	if abilities != nil {
		claims["abilities"] = abilities
	}
	b, _ := json.Marshal(claims) // texts always have a JSON form
	return &madang.Principal{App: p.App, Guard: guard, User: p.User(), Name: p.Name, Claims: b}
}

// plain is a dialect without words for what is published.
type plain struct{}

func (plain) Encode(dst []byte, _ *madang.Event) ([]byte, error) { return dst, nil }

// A client is the far end of a connection, and its owner.
type client struct {
	*madang.Conn
	line *madang.Line
	mute bool // it does not do as it is told

	mu      sync.Mutex
	reasons []madang.CloseReason
	revoked []string
}

func (c *client) Flush(b *madang.Batch) (int, error) { return b.Len(), nil }
func (c *client) Farewell(madang.CloseReason) []byte { return nil }
func (c *client) Close(madang.CloseReason)           {}
func (c *client) Describe() madang.Description {
	return madang.Description{Dialect: "test", Remote: "192.0.2.9"}
}
func (c *client) Revoked(ch madang.Channel) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.revoked = append(c.revoked, ch.Name)
}
func (c *client) Closed(r madang.CloseReason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reasons = append(c.reasons, r)
}
func (c *client) Disconnect(r madang.CloseReason) {
	if !c.mute {
		c.line.Close(r)
	}
}

// ended returns why the connection was closed; empty: it was not.
func (c *client) ended() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.reasons) == 0 {
		return ""
	}
	return c.reasons[0].String()
}

// connect connects somebody to a node.
func (w *town) connect(node int, p *madang.Principal) *client {
	w.t.Helper()
	return connectTo(w.t, w.hubs[node], p, false)
}

func connectTo(t testing.TB, h *madang.Hub, p *madang.Principal, mute bool) *client {
	t.Helper()
	c := &client{mute: mute}
	line, err := h.Open(c)
	ok(t, err)
	c.line = line
	c.Conn, err = line.Connect(context.Background(), madang.ConnRequest{Dialect: plain{}, Principal: p, Owner: c})
	ok(t, err)
	return c
}
