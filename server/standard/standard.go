// Package standard is the list of what the stock server is made of. A server with other parts has a list of its own, and a
// copy of cmd/madang's main.
package standard

import (
	"cmp"
	"context"
	_ "embed"
	"net/http"

	"madang/account/gate"
	"madang/account/guards"
	"madang/account/token"
	"madang/broker/redis"
	"madang/chat"
	"madang/chat/rest"
	"madang/dialect/ably"
	"madang/dialect/pusher"
	"madang/inlet/emitter"
	"madang/inlet/events"
	"madang/inlet/laravel"
	"madang/mail/smtp"
	"madang/server"
	"madang/server/metrics"
	"madang/store/postgres"
	"madang/store/sqlite"
	"madang/web"
	"madang/webhook/auth"
	"madang/webhook/hook"
	"madang/webhook/outgoing"
)

//go:generate sh -c "go run madang/internal/config/fielddocs -root ../.. account/bearer account/gate account/hosts account/keys account/limit account/password account/signin account/token broker/redis chat chat/rest device device/home device/link device/oauth device/pairing device/relay device/rest dialect/ably dialect/ably/rest dialect/ably/token dialect/pusher dialect/socketio dialect/socketio/carrier inlet/emitter inlet/events inlet/laravel mail/smtp server/metrics server/standard store/postgres store/sqlite web webhook webhook/auth webhook/hook webhook/outgoing > fields.txt"

// fields explains the settings of the parts: what their comments say.
//
//go:embed fields.txt
var fields string

// Assembly returns the stock server. To add a part, add a line; if it has to meet another one, add that to joins.go.
func Assembly() server.Assembly {
	return server.Assembly{
		Name: "madang",
		Parts: []server.Part{
			server.StorePart("sqlite", sqlite.Defaults, openSQLite, server.Derive(besideData)),
			server.StorePart("postgres", postgres.Defaults, openPostgres, server.Derive(atAddress),
				server.Doc("How PostgreSQL is used, if store.url says so.")),
			server.BrokerPart("redis", redis.Defaults, openRedis, server.Derive(atRedis)),
			server.LeafPart("mail", smtp.Defaults, openMail, server.Doc("The server that takes mails. Without one there are none.")),
			server.LeafPart("blob", blobDefaults, openBlobs, server.Derive(blobsBesideData),
				server.Doc("Where files are kept that people give.")),
			server.NewPart(server.RoleGuard, "shared", server.NoConfig, openShared),
			server.NewPart(server.RoleGuard, "tongues", server.NoConfig, openTongues),
			server.NewPart(server.RoleGuard, "device", deviceDefaults, openDeviceGuard, server.InDevelopment(devicesOn), server.Derive(deriveDevices),
				server.Doc("Boxes at home, the devices behind them, and the people who command those.")),
			server.NewPart(server.RoleGuard, "account", accountDefaults, openAccounts, server.InDevelopment(accountsOn),
				server.Develop(newAccountKey), server.Derive(deriveAccounts), server.Doc("People who sign in here.")),
			server.GuardPart(guards.ForeignGuard, jwtDefaults, openToken, server.Develop(newSecret), server.Derive(oneApp)),
			server.GuardPart("api", server.NoConfig, openAPI),
			server.GuardPart(ably.GuardName, ablyKeysDefaults, openAblyKeys,
				server.Doc("What keys may do by the Ably protocol. Without a word of it every key may do everything in its app.")),
			server.FeaturePart("chat", chat.Defaults, openChat),
			server.FeaturePart("rest", rest.Defaults, openREST, server.Derive(func(base *server.Config, c *rest.Config) error {
				return firstApp(base, &c.App)
			})),
			server.FeaturePart("devices", server.NoConfig, openDevices),
			server.FeaturePart("develop", server.NoConfig, openDevelop),

			// Policies, in the order in which they are asked.
			server.FeaturePart("bearer", server.NoConfig, openBearer),
			server.FeaturePart("channels", server.NoConfig, openChannels),
			server.FeaturePart("backend", auth.Defaults, openBackend, server.Section("auth.laravel"),
				server.Doc("The Laravel app that says who may be in private and presence channels.")),

			server.FeaturePart("hook", hook.Defaults, openHooks),
			server.FeaturePart("webhooks", outgoing.Defaults, openWebhooks, server.Derive(checkEndpoints),
				server.Doc("How webhooks are sent to the addresses that apps name.")),
			server.FeaturePart("authorize", server.NoConfig, openAuthorize),
			server.DialectPart("socketio", socketIODefaults, openSocketIO, server.RoutesOf(socketIORoutes), server.Derive(guardChat),
				server.Derive(ofApp)),
			server.DialectPart("pusher", pusher.Defaults, openPusher),
			server.DialectPart("ably", ablyDefaults, openAbly,
				server.Doc("Clients of the Ably protocol, at the root of the server's address. Community-built, not an Ably product.")),
			server.InletPart("events", events.Defaults, openEvents),
			server.InletPart("laravel", laravel.Defaults, openLaravel,
				server.Derive(func(base *server.Config, c *laravel.Config) error { return firstApp(base, &c.App) })),
			server.InletPart("emitter", emitter.Defaults, openEmitter,
				server.Doc("Back ends and Socket.IO servers in Node that speak to our rooms through Redis.")),
			server.WebPart("metrics", metrics.Defaults, openMetrics),
			server.WebPart("web", web.Defaults, openWeb, server.RoutesOf(webRoutes)),
			server.WebPart("mailbox", server.NoConfig, openMailOfDevelopment),
		},
		Joins:      joins(),
		Check:      check,
		Token:      sign,
		EchoConfig: echoConfig,
		Comments:   fields,
	}
}

// firstApp makes the first of the configured apps the one of a part that names none.
func firstApp(base *server.Config, app *string) error {
	if len(base.Apps) > 0 {
		*app = cmp.Or(*app, base.Apps[0].ID)
	}
	*app = cmp.Or(*app, server.DefaultApp)
	return nil
}

// oneApp keeps tokens that name no app to the first of several apps: in the others their users are strangers.
func oneApp(base *server.Config, c *JWT) error {
	if len(base.Apps) > 1 && c.App == "" && c.AppClaim == "" {
		c.App = base.Apps[0].ID
	}
	return nil
}

// newSecret makes development mode's secret.
func newSecret(c *JWT, secret func() string) { c.Secret = cmp.Or(c.Secret, secret()) }

// sign makes a token with the server's own secret.
func sign(set *server.Settings, r server.TokenRequest) (string, error) {
	c, err := server.SectionOf[JWT](set)
	if err != nil {
		return "", err
	}
	return token.Sign(c.Config, token.Claims{User: r.User, Name: r.Name, App: r.App, TTL: r.Expires})
}

func openChat(_ context.Context, s *server.Site, c chat.Config) (*chat.Feature, error) {
	store, err := server.Find[stores](s)
	if err != nil {
		return nil, err
	}
	options := []chat.Option{chat.WithLog(s.Log)}
	if !store.shared {
		// There is one node, so what it left unpublished when it died is the next one's at once. Of several, each has a name that
		// is new at every start, and what a dead one held is the others' when its lease is over.
		options = append(options, chat.WithNode("main"))
	}
	return chat.Open(s.Hub, store.chat, c, options...)
}

func openREST(_ context.Context, s *server.Site, c rest.Config) (*rest.API, error) {
	f, err := server.Find[*chat.Feature](s)
	if err != nil {
		return nil, err
	}
	return rest.New(s.Hub, f, callsOf(s), c, s.Log)
}

// callsOf returns what opens calls to roles; nil: there are no accounts.
func callsOf(s *server.Site) rest.Calls {
	g, err := server.Find[*gate.Gate](s)
	if err != nil {
		return nil
	}
	return g
}

func openWeb(ctx context.Context, _ *server.Site, c web.Config) (*web.Pages, error) {
	if !c.Enabled {
		return nil, server.ErrOff
	}
	return web.New(ctx)
}

// webRoutes are those of the pages, at hosts that have some. What they are made of is wherever users' links lead, too.
func webRoutes(p *web.Pages) map[string]http.Handler {
	all := map[string]http.Handler{}
	for pattern, h := range p.Routes() {
		all[pattern] = wherePages(h)
	}
	for _, pattern := range looks() {
		all[pattern] = p
	}
	return all
}
