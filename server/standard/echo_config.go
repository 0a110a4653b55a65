package standard

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"madang/server"
	"madang/server/echoconfig"
)

// The sections of the parts that do what laravel-echo-server does.
const (
	echoSocket  = "socketio."
	echoEvents  = "events."
	echoLaravel = "laravel."
	echoAuth    = "auth.laravel."
	echoHook    = "hook."
)

// echoConfig says with the settings of this server what a laravel-echo-server.json says.
func echoConfig(file string, env []string) (*server.Layer, error) {
	c, err := echoconfig.ReadFile(file, env)
	if err != nil {
		return nil, err
	}
	return layEcho(c), nil
}

// layEcho makes the layer. Every value names the key that it is from.
func layEcho(c *echoconfig.Config) *server.Layer {
	l := &echoLayer{Config: c, to: &server.Layer{From: c.Origin("clients")}}
	l.listen()
	l.socketIO()
	l.redis()
	l.backend()
	l.http()
	l.apps()
	for _, w := range c.Warnings {
		l.warn(w.String())
	}
	return l.to
}

// An echoLayer is a layer that is being made.
type echoLayer struct {
	*echoconfig.Config
	to *server.Layer
}

func (l *echoLayer) warn(text string) { l.to.Warnings = append(l.to.Warnings, text) }

// set says a setting; from is the key in the file.
func (l *echoLayer) set(key string, value any, from string) {
	l.to.Values = append(l.to.Values, server.Value{Key: key, Text: settingText(value), Origin: l.Origin(from)})
}

// setGiven says a setting if the file has the key; else the default of this server holds.
func (l *echoLayer) setGiven(key string, value any, from string) {
	if l.Given(from) {
		l.set(key, value, from)
	}
}

// settingText writes a value as an environment variable would hold it.
func settingText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case echoconfig.Secret:
		return string(v)
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case time.Duration:
		return v.String()
	}
	// Lists and maps of texts as JSON, which is YAML on one line.
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return fmt.Sprint(value) // lists and maps of texts can always be encoded
	}
	return strings.TrimSpace(b.String())
}

// listen says where and how the server is reached, and what it tells.
func (l *echoLayer) listen() {
	from := "port"
	if l.Given("host") {
		from = "host"
	}
	l.set("listen", l.Listen(), from)
	if l.DevMode {
		l.set("log.level", "debug", "devMode")
	}
	if l.HTTPS() {
		l.set("tls.cert", l.TLS.Cert, "sslCertPath")
		l.set("tls.key", l.TLS.Key, "sslKeyPath")
		l.setGiven("tls.chain", l.TLS.Chain, "sslCertChainPath")
		l.setGiven("tls.passphrase", l.TLS.Passphrase, "sslPassphrase")
	}
}

// socketIO says the options of Socket.IO. Who may connect from which page is always said: laravel-echo-server lets all
// pages do so, with cookies, and this server none.
func (l *echoLayer) socketIO() {
	e := l.Engine
	for _, x := range []struct {
		key, from string
		value     any
	}{
		{"path", "path", e.Path},
		{"serve_client", "serveClient", e.ServeClient},
		{"ping_interval", "pingInterval", e.PingInterval},
		{"ping_timeout", "pingTimeout", e.PingTimeout},
		{"upgrade_timeout", "upgradeTimeout", e.UpgradeTimeout},
		{"max_payload", "maxHttpBufferSize", e.MaxHTTPBufferSize},
		{"transports", "transports", e.Transports},
		{"allow_upgrades", "allowUpgrades", e.AllowUpgrades},
		{"per_message_deflate", "perMessageDeflate", e.PerMessageDeflate},
		{"http_compression", "httpCompression", e.HTTPCompression},
		{"cookie.name", "cookie", e.Cookie},
		{"cookie.path", "cookiePath", e.CookiePath},
		{"cookie.http_only", "cookieHttpOnly", e.CookieHTTPOnly},
	} {
		l.setGiven(echoSocket+x.key, x.value, "socketio."+x.from)
	}
	origins := e.Origins
	if len(origins) == 1 && origins[0] == "*" {
		origins = []string{"/.*/"} // each page is told its own origin: browsers refuse a star together with cookies
	} else {
		l.set(echoSocket+"origins", origins, "socketio.origins")
	}
	l.set(echoSocket+"cors.origins", origins, "socketio.origins")
	l.set(echoSocket+"cors.credentials", true, "socketio.origins")
	// Echo up to 2.1 with a client of Socket.IO 3 or newer never subscribes again after a connection is lost.
	l.set(echoSocket+"connection_state_recovery.max_disconnection_duration", 2*time.Minute, "socketio.connectionStateRecovery")
}

// redis says where Laravel publishes, or that nobody listens there.
func (l *echoLayer) redis() {
	const from = "databaseConfig.redis"
	address, list := "", []string{}
	r := l.Redis
	if !l.publishes() && !l.Subscribers.Redis {
		l.set(echoLaravel+"url", "", "subscribers.redis")
		l.set(echoLaravel+"addresses", list, "subscribers.redis")
		return
	}
	where := from + ".host"
	switch {
	case len(r.Sentinels) > 0:
		where = from + ".sentinels"
		for _, s := range r.Sentinels {
			list = append(list, s.String())
		}
		l.set(echoLaravel+"master", r.Master, from+".name")
		l.setGiven(echoLaravel+"sentinel_username", r.SentinelUsername, from+".sentinelUsername")
		l.setGiven(echoLaravel+"sentinel_password", r.SentinelPassword, from+".sentinelPassword")
		l.set(echoLaravel+"tls.sentinels", r.SentinelTLS, from+".sentinelTLS")
	case r.Socket != "":
		where, address = from+".path", (&url.URL{Scheme: "unix", Path: r.Socket}).String()
	default:
		// As url, so that one variable (MADANG_LARAVEL_URL) is enough to say another address.
		address = (&url.URL{Scheme: "redis", Host: net.JoinHostPort(r.Host, strconv.Itoa(r.Port))}).String()
	}
	l.set(echoLaravel+"url", address, where)
	l.set(echoLaravel+"addresses", list, where)
	l.setGiven(echoLaravel+"username", r.Username, from+".username")
	l.setGiven(echoLaravel+"password", r.Password, from+".password")
	l.set(echoLaravel+"tls.enabled", r.TLS, from+".tls")
	l.setGiven(echoLaravel+"tls.server_name", r.ServerName, from+".tls.servername")
	l.setGiven(echoLaravel+"tls.insecure", r.Insecure, from+".tls.rejectUnauthorized")
	l.setGiven(echoLaravel+"timeout", r.ConnectTimeout, from+".connectTimeout")
	l.set(echoLaravel+"prefixes", []string{r.KeyPrefix}, from+".keyPrefix")
}

// publishes says whether Redis is told who is in presence channels. laravel-echo-server does so when it stores that there.
func (l *echoLayer) publishes() bool {
	const from = "databaseConfig.publishPresence"
	switch {
	case !l.PublishPresence:
		return false
	case l.SQLite:
		l.warn(l.Origin(from) + ": has no effect with the database sqlite, as with laravel-echo-server")
		return false
	case !l.Subscribers.Redis:
		l.set(echoLaravel+"publish_only", true, "subscribers.redis")
	}
	l.set(echoLaravel+"publish_presence", true, from)
	return true
}

// backend says where the Laravel app is.
func (l *echoLayer) backend() {
	l.set(echoAuth+"auth_host", l.AuthHosts, "authHost")
	l.set(echoAuth+"auth_endpoint", l.AuthEndpoint, "authEndpoint")
	if l.HookEndpoint != "" {
		l.set(echoHook+"auth_host", l.AuthHosts, "authHost")
		l.set(echoHook+"hook_endpoint", l.HookEndpoint, "hookEndpoint")
	}
}

// http says what the HTTP interface sends along.
func (l *echoLayer) http() {
	if l.CORS.Allow {
		l.set(echoEvents+"cors.allow", true, "apiOriginAllow.allowCors")
		l.set(echoEvents+"cors.origin", l.CORS.Origin, "apiOriginAllow.allowOrigin")
		l.set(echoEvents+"cors.methods", l.CORS.Methods, "apiOriginAllow.allowMethods")
		l.set(echoEvents+"cors.allowed_headers", l.CORS.Headers, "apiOriginAllow.allowHeaders")
	}
	l.setGiven(echoEvents+"headers", l.Headers, "headers")
	l.set(echoEvents+"root", true, "GET /")
	if !l.Subscribers.HTTP {
		l.set(echoEvents+"read_only", true, "subscribers.http")
	}
}

// unlimited is an app as laravel-echo-server has it: without the limits of Pusher, which are the defaults here. What is
// left are those of the connection (limits.message_rate, limits.max_message) and bounds that no page has needed.
func unlimited(id string) server.App {
	return server.App{ID: id, ClientEventRate: 1000, MaxEvent: 1 << 20, MaxMembers: 100_000, MaxMember: 64 << 10}
}

// apps makes an app of the first client. The others are aliases of it: laravel-echo-server has the channels of Socket.IO,
// Redis and all clients in common.
func (l *echoLayer) apps() {
	app := unlimited(server.DefaultApp)
	if len(l.Clients) > 0 {
		app = unlimited(l.Clients[0].AppID)
		app.EchoKey = l.Clients[0].Key
	}
	if len(l.Clients) > 1 {
		app.EchoAliases = map[string]server.Secret{}
		for _, c := range l.Clients[1:] {
			app.EchoAliases[c.AppID] = c.Key
		}
	}
	l.to.Apps = []server.App{app}
}
