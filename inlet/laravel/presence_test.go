package laravel

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"madang"
	"madang/internal/convention"
	"madang/internal/redistest"
)

// An audience is a cluster whose nodes publish who is in presence channels, and what is heard of that at Redis.
type audience struct {
	t      *testing.T
	hubs   []*madang.Hub
	inlets []*Inlet
	views  []*view // of each node

	mu    sync.Mutex
	heard []string
}

// A view is a node's presence, whose answers can be held up.
type view struct {
	madang.Presence
	asked chan struct{} // not nil: gets a word when a list has been read
	hold  chan struct{} // and the list is handed out when this is closed
}

func (v *view) Members(ctx context.Context, c madang.Channel) ([]madang.Member, error) {
	all, err := v.Presence.Members(ctx, c)
	if v.asked != nil {
		select {
		case v.asked <- struct{}{}:
		default:
		}
		<-v.hold
	}
	return all, err
}

// gather starts n nodes with an inlet each.
func gather(t *testing.T, n int, c Config, o Options) *audience {
	t.Helper()
	a := &audience{t: t}
	memory := madang.NewMemory()
	c.PublishPresence, o.Local = true, n > 1
	for range n {
		slot := &madang.Observer{}
		v := &view{Presence: memory}
		h := madang.New(madang.Config{Broker: memory.Broker(), Presence: v, Observers: []*madang.Observer{slot}})
		i, err := New(h, c, o)
		if err != nil {
			t.Fatal(err)
		}
		*slot = *i.Observer()
		if err := h.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := i.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := h.Close(); err != nil {
				t.Error(err)
			}
			if err := i.Close(); err != nil {
				t.Error(err)
			}
		})
		a.hubs, a.inlets, a.views = append(a.hubs, h), append(a.inlets, i), append(a.views, v)
	}
	return a
}

// listen hears what is published, until the test or Redis ends.
func (a *audience) listen(r *redistest.Server) {
	a.t.Helper()
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{r.Addr}, DisableCache: true, ForceSingleClient: true})
	if err != nil {
		a.t.Fatal(err)
	}
	ready := make(chan struct{})
	var once sync.Once
	ctx := rueidis.WithOnSubscriptionHook(a.t.Context(), func(rueidis.PubSubSubscription) { once.Do(func() { close(ready) }) })
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = client.Receive(ctx, client.B().Subscribe().Channel(presenceChannel).Build(), func(m rueidis.PubSubMessage) {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.heard = append(a.heard, m.Message)
		}) // it ends with the client or with Redis
	})
	a.t.Cleanup(func() { client.Close(); wg.Wait() })
	<-ready
}

// await waits until the last thing heard is that these members are in the channel, oldest first.
func (a *audience) await(channel string, members ...string) {
	a.t.Helper()
	want := fmt.Sprintf(`{"event":{"channel":"%s:members","members":[%s]}}`, channel, strings.Join(members, ","))
	last := func() string {
		a.mu.Lock()
		defer a.mu.Unlock()
		if len(a.heard) == 0 {
			return ""
		}
		return a.heard[len(a.heard)-1]
	}
	for end := time.Now().Add(patience); last() != want; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			a.t.Fatalf("heard last\n%s\nwant\n%s", last(), want)
		}
	}
}

// count returns how often it was told.
func (a *audience) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.heard)
}

// enter puts a new connection on a node into a channel and returns it with what is published of it; %s in shown is its id.
func (a *audience) enter(node int, channel, shown string, m madang.Member) (*madang.Conn, string) {
	a.t.Helper()
	line, err := a.hubs[node].Open(&subscriber{})
	if err != nil {
		a.t.Fatal(err)
	}
	c, err := line.Connect(a.t.Context(), madang.ConnRequest{Dialect: lines{}, Principal: &madang.Principal{App: "shop"}})
	if err != nil {
		a.t.Fatal(err)
	}
	if err := a.hubs[node].EnterAs(a.t.Context(), c, madang.Channel{App: "shop", Name: channel}, m); err != nil {
		a.t.Fatal(err)
	}
	return c, strings.ReplaceAll(shown, "%s", convention.Alias(c.ID()))
}

func (a *audience) leave(c *madang.Conn, channel string) {
	a.t.Helper()
	if err := c.Leave(a.t.Context(), madang.Channel{App: "shop", Name: channel}); err != nil {
		a.t.Fatal(err)
	}
}

const presenceRoom = "presence-room.9"

func ann() (shown string, m madang.Member) {
	return `{"user_id":1,"user_info":{"name":"Ann & <Bo>"},"socketId":"%s"}`,
		madang.Member{User: "1", RawUser: []byte("1"), Data: []byte(`{"name":"Ann & <Bo>"}`), Type: madang.JSON}
}

// Every connection that comes and goes is told, the newest last, with the id as Laravel wrote it; and what comes back to an
// inlet without a prefix is not taken for something of Laravel's.
func TestPresenceIsPublished(t *testing.T) {
	t.Parallel()
	r := redistest.Start(t)
	c := quick()
	c.URL, c.Prefixes = r.URL(), []string{""}
	a := gather(t, 1, c, Options{})
	ready(t, a.inlets...)
	a.listen(r)
	shown, m := ann()
	first, one := a.enter(0, presenceRoom, shown, m)
	a.await(presenceRoom, one)
	second, two := a.enter(0, presenceRoom, shown, m) // another tab
	a.await(presenceRoom, one, two)
	a.enter(0, "private-room.9", "", m)
	a.enter(0, "room", "", m)
	_, three := a.enter(0, presenceRoom, `{"user_id":"u\"7","user_info":"text","socketId":"%s"}`, madang.Member{User: `u"7`, Data: []byte("text"), Type: madang.Text})
	a.await(presenceRoom, one, two, three)
	a.leave(first, presenceRoom)
	a.await(presenceRoom, two, three)
	second.Close(madang.CloseGone)
	a.await(presenceRoom, three)
	binary, four := a.enter(0, "presence-b", `{"user_id":"","user_info":"/w==","socketId":"%s"}`, madang.Member{Data: []byte{255}, Type: madang.Binary})
	a.await("presence-b", four)
	a.leave(binary, "presence-b")
	a.await("presence-b")
	_, bare := a.enter(0, "presence-b", `{"user_id":"x","socketId":"%s"}`, madang.Member{User: "x"})
	a.await("presence-b", bare)
	if n := a.count(); n != 8 {
		t.Errorf("told %d times", n)
	}
	eventually(t, "all of it is counted", func() bool { return a.inlets[0].Stats().Told == 8 }) // after it is heard
	if s := a.inlets[0].Stats(); s.Untold != 0 || s.Received != 0 {
		t.Errorf("%+v", s)
	}
}

// Who only publishes takes nothing in.
func TestPublishOnly(t *testing.T) {
	t.Parallel()
	r := redistest.Start(t)
	c := quick()
	c.URL, c.PublishOnly = r.URL(), true
	a := gather(t, 1, c, Options{})
	ready(t, a.inlets...)
	a.listen(r)
	r.Do("PUBLISH", "laravel_database_news", event("e", 1))
	shown, m := ann()
	_, one := a.enter(0, presenceRoom, shown, m)
	a.await(presenceRoom, one)
	r.Kill()
	eventually(t, "the outage is noticed", func() bool { return a.inlets[0].Ready(t.Context()) != nil })
	r.Restart()
	ready(t, a.inlets...)
	a.listen(r)
	_, two := a.enter(0, presenceRoom, shown, m)
	a.await(presenceRoom, one, two)
	if s := a.inlets[0].Stats(); s.Received != 0 || s.Outages != 1 {
		t.Errorf("%+v", s)
	}
	c.PublishPresence = false
	if err := c.Validate(); err == nil {
		t.Error("an inlet for nothing is valid")
	}
}

// Of several nodes the one on which it happens publishes, and all see the same.
func TestPresenceOfACluster(t *testing.T) {
	t.Parallel()
	r := redistest.Start(t)
	c := quick()
	c.URL = r.URL()
	a := gather(t, 3, c, Options{})
	ready(t, a.inlets...)
	a.listen(r)
	shown, m := ann()
	var conns []*madang.Conn
	var members []string
	for node := range a.hubs {
		conn, member := a.enter(node, presenceRoom, shown, m)
		conns, members = append(conns, conn), append(members, member)
		a.await(presenceRoom, members...)
	}
	a.leave(conns[1], presenceRoom)
	a.await(presenceRoom, members[0], members[2])
	if n := a.count(); n != 4 {
		t.Errorf("told %d times", n)
	}
	// All at once: whatever is told in between, the last is true.
	var wg sync.WaitGroup
	for node := range a.hubs {
		for range 20 {
			wg.Go(func() {
				line, err := a.hubs[node].Open(&subscriber{})
				if err != nil {
					t.Error(err)
					return
				}
				conn, err := line.Connect(t.Context(), madang.ConnRequest{Dialect: lines{}, Principal: &madang.Principal{App: "shop"}})
				if err != nil {
					t.Error(err)
					return
				}
				if err := a.hubs[node].EnterAs(t.Context(), conn, madang.Channel{App: "shop", Name: presenceRoom}, m); err != nil {
					t.Error(err)
				}
				conn.Close(madang.CloseNormal)
			})
		}
	}
	wg.Wait()
	a.await(presenceRoom, members[0], members[2])
}

// A node that is late publishes what is over. It sees that, and says what is true.
func TestPresenceOfALateNode(t *testing.T) {
	t.Parallel()
	r := redistest.Start(t)
	c := quick()
	c.URL, c.Timeout = r.URL(), patience
	a := gather(t, 2, c, Options{})
	ready(t, a.inlets...)
	a.listen(r)
	late := a.views[0]
	late.asked, late.hold = make(chan struct{}, 1), make(chan struct{})
	shown, m := ann()
	_, one := a.enter(0, presenceRoom, shown, m)
	<-late.asked
	_, two := a.enter(1, presenceRoom, shown, m)
	a.await(presenceRoom, one, two)
	close(late.hold)
	eventually(t, "the old list and the true one are told", func() bool { return a.count() == 3 })
	a.await(presenceRoom, one, two)
}

// While Redis is away nobody waits, and when it is back it is told what is so by then.
func TestPresenceDuringAnOutage(t *testing.T) {
	t.Parallel()
	r := redistest.Start(t)
	c := quick()
	c.URL = r.URL()
	a := gather(t, 1, c, Options{})
	ready(t, a.inlets...)
	r.Kill()
	eventually(t, "the outage is noticed", func() bool { return a.inlets[0].Ready(t.Context()) != nil })
	shown, m := ann()
	conn, _ := a.enter(0, presenceRoom, shown, m)
	_, two := a.enter(0, presenceRoom, shown, m)
	a.leave(conn, presenceRoom)
	r.Restart()
	ready(t, a.inlets...)
	eventually(t, "it is told", func() bool { return a.inlets[0].Stats().Told > 0 })
	a.listen(r)
	_, three := a.enter(0, presenceRoom, shown, m)
	a.await(presenceRoom, two, three)
	if s := a.inlets[0].Stats(); s.Untold != 0 {
		t.Errorf("%+v", s)
	}
}

// A Redis user that may not publish is told of once; listening goes on.
func TestPresenceIsRefused(t *testing.T) {
	t.Parallel()
	r := redistest.Start(t)
	r.Do("ACL", "SETUSER", "madang", "on", ">word", "&laravel_database_*", "&laravel-database-*", "-@all", "+hello", "+ping", "+psubscribe")
	c, log := quick(), &logbook{}
	c.URL, c.Username, c.Password = r.URL(), "madang", "word"
	a := gather(t, 1, c, Options{Log: log.logger()})
	ready(t, a.inlets...)
	shown, m := ann()
	for range 3 {
		before := a.inlets[0].Stats().Untold
		a.enter(0, presenceRoom, shown, m)
		eventually(t, "it is refused", func() bool { return a.inlets[0].Stats().Untold > before })
	}
	if log.count("could not be published") != 1 || log.count("NOPERM") != 1 {
		t.Errorf("logged\n%v", log)
	}
	hundred(t, r, subscribeTo(a), "still")
	r.Do("ACL", "SETUSER", "madang", "+publish", "&PresenceChannelUpdated")
	a.enter(0, presenceRoom, shown, m)
	eventually(t, "it is told", func() bool { return a.inlets[0].Stats().Told == 1 })
}

// subscribeTo subscribes to the news on the first node, on the server's own authority.
func subscribeTo(a *audience) *subscriber {
	a.t.Helper()
	s := &subscriber{}
	line, err := a.hubs[0].Open(s)
	if err != nil {
		a.t.Fatal(err)
	}
	c, err := line.Connect(a.t.Context(), madang.ConnRequest{Dialect: lines{}, Principal: &madang.Principal{App: "shop"}})
	if err != nil {
		a.t.Fatal(err)
	}
	sub, err := a.hubs[0].Subscribe(a.t.Context(), c, madang.Channel{App: "shop", Name: "news"}, madang.Messages)
	if err != nil {
		a.t.Fatal(err)
	}
	sub.Open()
	return s
}

// The last to go is told before the server ends.
func TestPresenceIsDrained(t *testing.T) {
	t.Parallel()
	r := redistest.Start(t)
	c := quick()
	c.URL = r.URL()
	a := gather(t, 1, c, Options{})
	ready(t, a.inlets...)
	shown, m := ann()
	var conns []*madang.Conn
	for n := range 50 {
		conn, _ := a.enter(0, "presence-"+strconv.Itoa(n), shown, m)
		conns = append(conns, conn)
	}
	for _, conn := range conns {
		conn.Close(madang.CloseGone)
	}
	a.inlets[0].Drain(t.Context())
	a.inlets[0].changes.mu.Lock()
	defer a.inlets[0].changes.mu.Unlock()
	if n := len(a.inlets[0].changes.waiting); n != 0 {
		t.Errorf("%d channels are not told of", n)
	}
}

// Nobody waits for Redis, and what waits is bounded.
func TestChanges(t *testing.T) {
	t.Parallel()
	q := newChanges()
	for n := range mostChanges {
		c := madang.Channel{App: "shop", Name: "presence-" + strconv.Itoa(n)}
		for range 2 { // the second says nothing new
			if !q.add(c) {
				t.Fatalf("%d are too many", n)
			}
		}
	}
	if q.add(madang.Channel{App: "shop", Name: "presence-x"}) {
		t.Error("there is no bound")
	}
	if !q.add(madang.Channel{App: "shop", Name: "presence-0"}) {
		t.Error("one that waits was not taken")
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if c, ok := q.next(ended); ok {
		t.Errorf("%v after the end", c)
	}
	q.settle(ended)
	settled := make(chan struct{})
	go func() { q.settle(t.Context()); close(settled) }()
	var got []string
	for range mostChanges {
		c, ok := q.next(t.Context())
		if !ok {
			t.Fatal("no more")
		}
		got = append(got, c.Name)
	}
	if !slices.Equal(got[:3], []string{"presence-0", "presence-1", "presence-2"}) || got[mostChanges-1] != "presence-"+strconv.Itoa(mostChanges-1) {
		t.Errorf("in another order: %q…", got[:3])
	}
	select {
	case <-settled:
		t.Error("settled while the last one is being told of")
	default:
	}
	waiting, stop := context.WithCancel(t.Context())
	go func() { <-settled; stop() }()
	if c, ok := q.next(waiting); ok {
		t.Errorf("one more: %v", c)
	}
	q.settle(t.Context())
}
