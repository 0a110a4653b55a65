package server

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"madang"
	"madang/internal/config"
)

// Secret is a text that prints as asterisks, whatever prints it. Convert it to a string to use it.
type Secret = config.Secret

// Config is what every server has. Parts bring their own sections.
type Config struct {
	// Listen is the address to serve HTTP on, as host:port. An empty host is all addresses of the machine.
	Listen string
	// DataDir is the folder for everything that is kept on this machine. It is made if missing, for its owner only.
	DataDir string
	// Apps are the tenants. The short form in the environment is id:key:secret, separated by commas.
	Apps []App
	// TrustedProxies are the networks of proxies whose X-Forwarded-For, X-Forwarded-Proto and X-Request-Id are believed.
	// From everybody else those headers are removed.
	TrustedProxies []netip.Prefix
	// Hosts gives a part hosts of its own: its name, and the host names whose requests it answers. The other parts then
	// answer there only what it has no route for.
	Hosts map[string][]string

	TLS    TLS    `doc:"Serve HTTPS. Cert and key must both be given; otherwise a proxy in front is to do it."`
	Log    Log    `doc:"What is written to the standard error output."`
	Drain  Drain  `doc:"How the server stops when it is told to with SIGTERM or SIGINT. A second signal ends it at once."`
	Limits Limits `doc:"What connections can take of this node."`
	Redis  Redis  `doc:"Redis joins several nodes. Without it there is one."`
	Store  Store  `doc:"Where data is kept."`
}

// An App is a tenant: its channels are its own.
type App struct {
	// ID is what clients and backends call the app by.
	ID string
	// Keys are those with which backends sign, and clients say which app they want.
	Keys    []Key
	EchoKey Secret // laravel-echo-server's own key for this app; never the secret of one of keys
	// EchoAliases are more ids by which backends of laravel-echo-server may call the app, each with a key of its own: there
	// all clients share the channels. None is the id of an app.
	EchoAliases map[string]Secret
	// MaxConnections is how many connections of the app a node takes. 0: as many as the node has room for.
	MaxConnections int
	// RefuseClientEvents lets clients publish nothing themselves: neither Pusher's client events nor Echo's whispers.
	RefuseClientEvents bool
	// ClientEventRate is how many of them one connection may publish per second. 0: 10.
	ClientEventRate int
	// MaxEvent is the size of one event's data in bytes. 0: 10 KiB.
	MaxEvent int
	// MaxMembers is how many users a presence channel takes. 0: 1000.
	MaxMembers int
	// MaxMember is the size of what is shown of one member in bytes. 0: 1 KiB.
	MaxMember int
	// SubscriptionCount tells subscribers how many they are.
	SubscriptionCount bool
	// Origins are the origins from which browsers may connect, such as https://example.com or *.example.com. Empty: all.
	Origins []string
	// Webhooks are told what happens in the app's channels.
	Webhooks []Webhook
}

// A Webhook is an address of the app's own backend.
type Webhook struct {
	// URL gets a POST for each batch of events.
	URL string
	// Events are the kinds that are sent; empty: all of them.
	Events []string
	// Prefix is how the names of the channels begin that it is told of.
	Prefix string
	// Suffix is how they end.
	Suffix string
	// Headers are sent along.
	Headers map[string]string
}

// A Key lets a backend or client act for an app.
type Key struct {
	Name   string // public: clients of the Pusher protocol are built with it
	Secret Secret // signs, and stays with backends
}

// UnmarshalText reads the short form id:key:secret. The errors do not repeat the text.
func (a *App) UnmarshalText(b []byte) error {
	p := strings.SplitN(string(b), ":", 3)
	if len(p) != 3 || slices.Contains(p, "") {
		return errors.New("expected id:key:secret")
	}
	*a = App{ID: p[0], Keys: []Key{{Name: p[1], Secret: Secret(p[2])}}}
	return nil
}

// TLS names the files of a certificate.
type TLS struct {
	// Cert is a PEM file with the certificate, which may be followed by its chain.
	Cert string
	// Key is the PEM file with the private key of the certificate.
	Key string
	// Chain is a PEM file with the certificates between that one and the root, if they are in a file of their own.
	Chain string
	// Passphrase decrypts the key, if it is encrypted.
	Passphrase Secret
}

// Log says what is logged.
type Log struct {
	// Level is the least that is logged.
	Level string `enum:"debug,info,warn,error"`
	// Format is text for people or JSON for programs, one entry on a line.
	Format string `enum:"text,json"`
}

// Drain says how the server stops.
type Drain struct {
	// Grace is how long the server goes on as before while /readyz already says 503, so that load balancers notice. In
	// development mode the default is 0s.
	Grace time.Duration
	// Spread is the time over which connections are told, in random order, to go elsewhere. In development mode the
	// default is 0s.
	Spread time.Duration
	// Timeout ends it all, whoever is still there. It must be more than grace and spread together, and less than what
	// the system waits before it kills (30s with ECS and Kubernetes unless set).
	Timeout time.Duration
}

// Limits are the hub's, see [madang.Limits].
type Limits struct {
	// MaxLines is how many links (sockets and polling sessions) the node takes.
	MaxLines int
	// MaxSubscriptions is how many channels one connection may subscribe to.
	MaxSubscriptions int
	// MaxMessage is the size of one message's data and attachments in bytes.
	MaxMessage int
	// MaxLag is how many bytes a link may lag behind before it counts as slow.
	MaxLag uint64
	// MaxOver is how long a slow link is kept.
	MaxOver time.Duration
	// HardLag is how many bytes a link may lag behind before it is closed at once. 0: 8 MiB or twice max_lag, whichever
	// is more.
	HardLag uint64
	// MaxBuffered is how many bytes all unsent messages together may hold; beyond it the link that lags most is closed.
	MaxBuffered int64
	// Memory is how many bytes clients can make the node hold in all: what they have not taken yet, and what they have not sent
	// whole. From 80 % of it on, newcomers are refused; beyond it who holds most is closed. 0: half of what the runtime may use
	// (GOMEMLIMIT, or what the container has), and 512 MiB if nothing limits that. Negative: no limit.
	Memory int64
	// MaxKept is about how many bytes of events the node keeps for clients that come back or ask for history, in all
	// channels. When there is no room, channels in which something is published keep less of it.
	MaxKept int64
	// MessageRate is how many messages and calls one connection may make per second; what comes faster waits. 0: no limit.
	MessageRate int
	// MessageBurst is how many of them may come at once.
	MessageBurst int
	// Flushers is how many goroutines write to links. 0: one less than there are CPUs, at least one.
	Flushers int
}

// Redis is where nodes meet.
type Redis struct {
	// URL is the address: redis://user:password@host:6379 of one server or of one node of a Cluster,
	// redis+cluster://host1:6379,host2:6379, or redis+sentinel://host1:26379,host2:26379/master; rediss in place of redis is with
	// TLS. Empty: in this process.
	URL string `secret:"url"`
}

// Store is where data is kept.
type Store struct {
	// URL begins with the name of the store and a colon; what follows is the store's own address. Empty: the first store
	// of this program, in the data directory.
	URL string `secret:"url"`
}

// Defaults returns the configuration of a server for which nothing is set.
func Defaults() Config {
	l := madang.DefaultLimits(madang.Limits{})
	return Config{
		Listen: "127.0.0.1:8080", DataDir: "./data",
		Log:   Log{Level: "info", Format: "text"},
		Drain: Drain{Grace: 5 * time.Second, Spread: 15 * time.Second, Timeout: 25 * time.Second},
		Limits: Limits{
			MaxLines: l.MaxLines, MaxSubscriptions: l.MaxSubscriptions, MaxMessage: l.MaxMessage, MaxLag: l.MaxLag,
			MaxOver: l.MaxOver, MaxBuffered: l.MaxBuffered, MaxKept: l.MaxKept, MessageRate: 200, MessageBurst: 1000,
		},
	}
}

// Core returns the limits as the hub takes them.
func (l Limits) Core() madang.Limits {
	return madang.Limits{
		MaxLines: l.MaxLines, MaxSubscriptions: l.MaxSubscriptions, MaxMessage: l.MaxMessage, MaxLag: l.MaxLag,
		MaxOver: l.MaxOver, HardLag: l.HardLag, MaxBuffered: l.MaxBuffered, MaxKept: l.MaxKept, MessageRate: l.MessageRate,
		MessageBurst: l.MessageBurst, Flushers: l.Flushers, Memory: memoryBudget(l.Memory, debug.SetMemoryLimit(-1)),
	}
}

// StoreKind returns the name of the store that is asked for, or "".
func (c *Config) StoreKind() string {
	kind, _, _ := strings.Cut(c.Store.URL, ":")
	return kind
}

// StoreAddress returns what follows the store's name and colon in store.url.
func (c *Config) StoreAddress() string {
	_, address, _ := strings.Cut(c.Store.URL, ":")
	return address
}

// Validate reports all that cannot work.
func (c *Config) Validate() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if _, _, err := splitAddress(c.Listen); err != nil {
		fail("listen: %w", err)
	}
	if c.DataDir == "" {
		fail("data_dir: is empty, name a folder")
	}
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		fail("tls: cert and key belong together, but only one is given")
	}
	if c.TLS.Cert == "" && (c.TLS.Chain != "" || c.TLS.Passphrase != "") {
		fail("tls: chain and passphrase mean nothing without cert and key")
	}
	d := c.Drain
	if d.Grace < 0 || d.Spread < 0 || d.Timeout <= 0 {
		fail("drain: grace and spread must not be negative, and timeout must be more than 0s")
	} else if d.Grace+d.Spread > d.Timeout {
		fail("drain: grace and spread take %v together, more than the timeout of %v; raise drain.timeout", d.Grace+d.Spread, d.Timeout)
	}
	return errors.Join(append(errs, c.validateApps()...)...)
}

func (c *Config) validateApps() (errs []error) {
	apps, keys := map[string]bool{}, map[string]string{}
	for i, a := range c.Apps {
		switch {
		case a.ID == "":
			errs = append(errs, fmt.Errorf("apps: number %d has no id", i+1))
			continue
		case apps[a.ID]:
			errs = append(errs, fmt.Errorf("apps: %q is there twice", a.ID))
		}
		apps[a.ID] = true
		if len(a.Webhooks) > 0 && len(a.Keys) == 0 {
			errs = append(errs, fmt.Errorf("apps: %q has webhooks, but no key to sign them with; give it one under keys", a.ID))
		}
		for _, k := range a.Keys {
			if k.Name == "" || k.Secret == "" {
				errs = append(errs, fmt.Errorf("apps: a key of %q has no name or no secret", a.ID))
				continue
			}
			if strings.HasPrefix(strings.ToLower(string(k.Secret)), "change") {
				errs = append(errs, fmt.Errorf("apps: the secret of key %q of %q is the placeholder of an example; make one with \"openssl rand -hex 32\"", k.Name, a.ID))
			}
			if other, taken := keys[k.Name]; taken {
				errs = append(errs, fmt.Errorf("apps: key %q belongs to %q and %q; a key must lead to one app", k.Name, other, a.ID))
			}
			keys[k.Name] = a.ID
			if a.EchoKey != "" && a.EchoKey == k.Secret {
				errs = append(errs, fmt.Errorf("apps: echo_key of %q is the secret of key %q; clients would learn it", a.ID, k.Name))
			}
		}
	}
	return append(errs, c.validateAliases()...)
}

// validateAliases finds those that lead nowhere, or to two apps.
func (c *Config) validateAliases() (errs []error) {
	of := map[string]string{}
	for _, a := range c.Apps {
		for _, id := range slices.Sorted(maps.Keys(a.EchoAliases)) {
			key := a.EchoAliases[id]
			other, taken := of[id]
			of[id] = a.ID
			switch {
			case id == "" || key == "":
				errs = append(errs, fmt.Errorf("apps: an echo alias of %q has no id or no key", a.ID))
			case c.App(id) != nil:
				errs = append(errs, fmt.Errorf("apps: %q is an app and an echo alias of %q; remove one of them", id, a.ID))
			case taken:
				errs = append(errs, fmt.Errorf("apps: %q is an echo alias of %q and of %q; it must lead to one app", id, other, a.ID))
			case slices.ContainsFunc(a.Keys, func(k Key) bool { return k.Secret == key }):
				errs = append(errs, fmt.Errorf("apps: the key of the echo alias %q is the secret of a key of %q; clients would learn it", id, a.ID))
			}
		}
	}
	return errs
}

// DefaultApp is the app of a server whose configuration names none: the same as in development mode, so that its data is
// still there for who goes on from that.
const DefaultApp = "app1"

// apps returns the apps as the parts take them. There is always one.
func (c *Config) apps() *madang.Apps {
	configured := c.Apps
	if len(configured) == 0 {
		configured = []App{{ID: DefaultApp}}
	}
	all := make([]madang.App, 0, len(configured))
	for _, a := range configured {
		app := madang.App{ID: a.ID, Rules: madang.Rules{
			MaxConns: a.MaxConnections, ClientEvents: !a.RefuseClientEvents, ClientEventRate: cmp.Or(a.ClientEventRate, 10),
			MaxEvent: cmp.Or(a.MaxEvent, 10<<10), MaxMembers: cmp.Or(a.MaxMembers, 1000), MaxMember: cmp.Or(a.MaxMember, 1<<10),
			SubscriptionCount: a.SubscriptionCount, Origins: a.Origins,
		}}
		for _, k := range a.Keys {
			app.Keys = append(app.Keys, madang.Key{Name: k.Name, Secret: string(k.Secret)})
		}
		all = append(all, app)
	}
	return madang.NewApps(all...)
}

// App returns the app with an id, or nil.
func (c *Config) App(id string) *App {
	for i := range c.Apps {
		if c.Apps[i].ID == id {
			return &c.Apps[i]
		}
	}
	return nil
}
