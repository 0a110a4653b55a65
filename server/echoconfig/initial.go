package echoconfig

import "strconv"

// Answers are what "init" asks for.
type Answers struct {
	DevMode                           bool
	Port                              string // as it was typed; laravel-echo-server writes a text here too
	AuthHost                          string
	HTTPS                             bool
	CertPath, KeyPath                 string
	RedisHost, RedisPort              string // empty: ioredis's own defaults, 127.0.0.1 and 6379
	KeyPrefix                         string
	Client                            *Client // nil: nobody may use the HTTP interface yet
	CORS                              bool
	AllowOrigin                       string
	AllowMethods, AllowRequestHeaders string
}

// DefaultAnswers are what who only presses return answers. The prefix is Laravel's until version 12: without any, a
// channel has another name in Redis than in the page.
func DefaultAnswers() Answers {
	return Answers{
		Port: "6001", AuthHost: "http://localhost", KeyPrefix: "laravel_database_",
		AllowOrigin: "http://localhost:80", AllowMethods: "GET, POST",
		AllowRequestHeaders: "Origin, Content-Type, X-Auth-Token, X-Requested-With, Accept, Authorization, X-CSRF-TOKEN, X-Socket-Id",
	}
}

// New makes the document that "init" of laravel-echo-server writes for the answers: the same keys in the same order.
func New(a Answers) *Document {
	object := func(pairs ...any) *node {
		n := &node{kind: isObject}
		for i := 0; i+1 < len(pairs); i += 2 {
			name, _ := pairs[i].(string)
			n.set(name, valueNode(pairs[i+1]))
		}
		return n
	}
	redis := object()
	for _, x := range []struct{ name, value string }{{"host", a.RedisHost}, {"port", a.RedisPort}, {"keyPrefix", a.KeyPrefix}} {
		if x.value != "" {
			redis.set(x.name, textNode(x.value))
		}
	}
	clients := &node{kind: isList}
	if a.Client != nil {
		clients.items = []*node{object("appId", a.Client.AppID, "key", string(a.Client.Key))}
	}
	protocol, cors := "http", object("allowCors", false, "allowOrigin", "", "allowMethods", "", "allowHeaders", "")
	if a.HTTPS {
		protocol = "https"
	} else {
		a.CertPath, a.KeyPath = "", ""
	}
	if a.CORS {
		cors = object("allowCors", true, "allowOrigin", a.AllowOrigin, "allowMethods", a.AllowMethods, "allowHeaders", a.AllowRequestHeaders)
	}
	return &Document{object(
		"authHost", a.AuthHost, "authEndpoint", "/broadcasting/auth", "clients", clients, "database", "redis",
		"databaseConfig", object("redis", redis, "sqlite", object("databasePath", "/database/laravel-echo-server.sqlite")),
		"devMode", a.DevMode, "host", nil, "port", a.Port, "protocol", protocol, "socketio", object(), "secureOptions", noTLS1,
		"sslCertPath", a.CertPath, "sslKeyPath", a.KeyPath, "sslCertChainPath", "", "sslPassphrase", "",
		"subscribers", object("http", true, "redis", true), "apiOriginAllow", cors,
	)}
}

func valueNode(v any) *node {
	switch v := v.(type) {
	case *node:
		return v
	case string:
		return textNode(v)
	case bool:
		return &node{kind: isBool, text: strconv.FormatBool(v)}
	case int:
		return &node{kind: isNumber, text: strconv.Itoa(v)}
	default:
		return &node{kind: isNull}
	}
}
