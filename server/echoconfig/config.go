package echoconfig

import (
	"net"
	"strconv"
	"time"

	"madang/internal/config"
)

// FileName is what laravel-echo-server calls its configuration unless told otherwise.
const FileName = "laravel-echo-server.json"

// Secret is a text that prints as asterisks.
type Secret = config.Secret

// Config is what a laravel-echo-server.json says, with the defaults of laravel-echo-server where it says nothing.
type Config struct {
	// AuthHosts are the addresses of the Laravel app, without a slash at the end. An entry may also be a host
	// ("app.example.com:8000") or the end of one (".example.com"): then it stands for the page's own origin, if that fits.
	AuthHosts []string
	// AuthEndpoint is the path that authorizes subscriptions.
	AuthEndpoint string
	// HookEndpoint is the path that is told of joins, leaves and client events; empty: none. No release of
	// laravel-echo-server had it, but its users patched it in.
	HookEndpoint string
	Clients      []Client
	// SQLite says that laravel-echo-server kept presence members in a file.
	SQLite bool
	Redis  Redis
	// PublishPresence publishes the members of presence channels in Redis as PresenceChannelUpdated.
	PublishPresence bool
	DevMode         bool
	Host            string // empty: all addresses of the machine
	Port            int
	TLS             TLS
	Engine          Engine
	Subscribers     Subscribers
	CORS            CORS
	Headers         map[string]string // more headers for the answers of the HTTP interface
	// Warnings tell of what has no effect and does no harm.
	Warnings config.Problems

	file    string
	origins map[string]string
}

// A Client may use the HTTP interface.
type Client struct {
	AppID string
	Key   Secret
}

// TLS names the files for HTTPS; all are empty with the protocol http.
type TLS struct {
	Cert, Key  string
	Chain      string // certificates between Cert and the root; may be empty
	Passphrase Secret // of Key; may be empty
}

// Subscribers say where messages enter.
type Subscribers struct{ HTTP, Redis bool }

// CORS is what pages of other origins may do with the HTTP interface. The texts are those of the headers.
type CORS struct {
	Allow                    bool
	Origin, Methods, Headers string
}

// Redis is where Laravel publishes: the options of ioredis that mean something to who only listens.
type Redis struct {
	Host      string
	Port      int
	Socket    string // path of a Unix socket; empty: Host and Port count
	Username  string
	Password  Secret
	DB        int
	KeyPrefix string
	TLS       bool // to Redis itself

	Sentinels        []Endpoint // empty: Redis itself is at Host and Port
	Master           string     // name of the set that the sentinels watch
	SentinelUsername string
	SentinelPassword Secret
	SentinelTLS      bool // to the sentinels

	ServerName string // that the certificate must be for; empty: the host's
	Insecure   bool   // no certificate is checked

	ConnectTimeout time.Duration
}

// An Endpoint is a host and a port.
type Endpoint struct {
	Host string
	Port int
}

// String returns host:port.
func (e Endpoint) String() string { return net.JoinHostPort(e.Host, strconv.Itoa(e.Port)) }

// Engine is the options of Socket.IO 2 and Engine.IO 3. [Config.Given] says which of them the file sets.
type Engine struct {
	Path              string // of Socket.IO
	ServeClient       bool
	Origins           []string // full origins, or "*"
	PingInterval      time.Duration
	PingTimeout       time.Duration
	UpgradeTimeout    time.Duration
	MaxHTTPBufferSize int // bytes
	Transports        []string
	AllowUpgrades     bool
	PerMessageDeflate bool
	HTTPCompression   bool
	Cookie            string // name; empty: none
	CookiePath        string
	CookieHTTPOnly    bool
}

// Defaults returns what laravel-echo-server does with an empty file.
func Defaults() Config {
	return Config{
		AuthHosts: []string{"http://localhost"}, AuthEndpoint: "/broadcasting/auth", Port: 6001,
		Redis:       Redis{Host: "localhost", Port: 6379, ConnectTimeout: 10 * time.Second},
		Subscribers: Subscribers{HTTP: true, Redis: true},
		Engine: Engine{
			Path: "/socket.io", ServeClient: true, Origins: []string{"*"}, PingInterval: 25 * time.Second,
			PingTimeout: 20 * time.Second, UpgradeTimeout: 10 * time.Second, MaxHTTPBufferSize: 1_000_000,
			Transports: []string{"polling", "websocket"}, AllowUpgrades: true, HTTPCompression: true, Cookie: "io",
			CookiePath: "/", CookieHTTPOnly: true,
		},
	}
}

// Listen returns the address to listen on. Without a host these are all addresses of both families, as in Node.js: where
// localhost means ::1, clients come by that.
func (c *Config) Listen() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

// HTTPS reports whether the protocol is https.
func (c *Config) HTTPS() bool { return c.TLS.Cert != "" }

// Given reports whether a key, a path with dots, has been set, in the file or by a variable.
func (c *Config) Given(key string) bool { return c.origins[key] != "" }

// Origin says for people where the value of a key is from: the file and the key, a variable, or the default of
// laravel-echo-server.
func (c *Config) Origin(key string) string {
	if where := c.origins[key]; where != "" {
		return where
	}
	return c.file + ": default of " + key
}
