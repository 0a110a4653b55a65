package echoconfig

import (
	"net/url"
	"strconv"
	"strings"

	"madang/internal/config"
)

// database reads database and databaseConfig.
func (r *reader) database(c *Config, o *object) {
	kind := "redis"
	n := o.text("database", &kind)
	switch kind {
	case "redis":
	case "sqlite":
		c.SQLite = true
		o.warn(n, "database", "sqlite has no effect: who is in a presence channel is known to the server itself and right after "+
			"a restart, so there is no file to keep it in. Redis is listened to as before (subscribers.redis)")
	default:
		hint := ""
		if best := config.Nearest(kind, []string{"redis", "sqlite"}); best != "" {
			hint = "; did you mean " + best + "?"
		}
		o.refuse(n, "database", "%q is neither redis nor sqlite%s", kind, hint)
	}
	x := o.child("databaseConfig")
	if x == nil {
		return
	}
	r.redisOf(c, x)
	if s := x.child("sqlite"); s != nil {
		var path string
		s.text("databasePath", &path)
		s.done()
	}
	x.flag("publishPresence", &c.PublishPresence)
	x.done()
}

// redisOf reads an object of options, or an address, as the constructor of ioredis takes either.
func (r *reader) redisOf(c *Config, x *object) {
	n := x.get("redis")
	switch {
	case n == nil:
	case n.kind == isObject:
		r.redis(&c.Redis, &object{reader: r, path: x.key("redis"), node: n})
	case n.kind == isText:
		r.redisAddress(&c.Redis, n, x.key("redis"), n.text)
	case n.kind == isNumber:
		x.number("redis", &c.Redis.Port, 1, 65535)
	default:
		x.wrong(n, "redis", "options, or an address such as redis://127.0.0.1:6379")
	}
}

func (r *reader) redis(c *Redis, o *object) {
	if n := o.get("url"); n != nil && n.kind == isText {
		r.warn(n, o.key("url"), "is unknown to laravel-echo-server; it is obeyed here")
		r.redisAddress(c, n, o.key("url"), n.text)
	}
	if n := o.text("host", &c.Host); n != nil && strings.Contains(c.Host, "://") {
		r.warn(n, o.key("host"), "is a whole address where laravel-echo-server wants a host alone; it is obeyed here")
		r.redisAddress(c, n, o.key("host"), n.text)
	}
	o.number("port", &c.Port, 1, 65535)
	o.text("path", &c.Socket)
	o.text("username", &c.Username)
	o.secret("password", &c.Password)
	o.number("db", &c.DB, 0, 1<<20)
	o.text("keyPrefix", &c.KeyPrefix)
	o.millis("connectTimeout", &c.ConnectTimeout)
	c.TLS = r.redisTLS(c, o, "tls") || c.TLS
	c.SentinelTLS = r.redisTLS(c, o, "sentinelTLS")
	r.sentinels(c, o)
	o.idle(idleRedis())
	o.done()
}

// idleRedis are options of ioredis that say how that library works, not where Redis is.
func idleRedis() map[string]string {
	reasons := map[string]string{
		"stringNumbers":      "no numbers are read",
		"readOnly":           "this connection writes nothing but presence updates",
		"role":               "sentinels are asked for the master",
		"preferredSlaves":    "sentinels are asked for the master",
		"connectionName":     "the connection has a name of its own",
		"lazyConnect":        "Redis is connected to when the server starts",
		"family":             "both kinds of IP addresses are tried",
		"dropBufferSupport":  "it is about buffers of Node.js",
		"disconnectTimeout":  "connections are closed at once",
		"enableReadyCheck":   "a Redis that still loads is asked again by itself",
		"failoverDetector":   "a failover is always noticed",
		"updateSentinels":    "sentinels tell of each other by themselves",
		"commandTimeout":     "nothing waits for commands",
		"natMap":             "it is for Redis Cluster and sentinels behind address translation; let the sentinels announce addresses that can be reached",
		"enableOfflineQueue": "a connection that breaks is made again by itself, and what was listened to is listened to again",
	}
	for _, name := range []string{
		"autoResubscribe", "autoResendUnfulfilledCommands", "maxRetriesPerRequest", "retryStrategy", "reconnectOnError",
		"maxLoadingRetryTime", "sentinelRetryStrategy", "sentinelReconnectStrategy", "sentinelMaxConnections", "keepAlive", "noDelay",
	} {
		reasons[name] = reasons["enableOfflineQueue"]
	}
	for _, name := range []string{"enableAutoPipelining", "autoPipeliningIgnoredCommands", "maxScriptsCachingTime", "showFriendlyErrorStack", "monitor"} {
		reasons[name] = "it is about commands, and this connection only listens"
	}
	return reasons
}

// redisAddress reads redis://user:password@host:6379/0, host:6379, a port, or the path of a socket.
func (r *reader) redisAddress(c *Redis, n *node, key, text string) {
	for _, name := range []string{"host", "port", "username", "password", "db", "path", "tls"} {
		r.origins["databaseConfig.redis."+name] = r.origins[key]
	}
	if strings.HasPrefix(text, "/") {
		c.Socket = text
		return
	}
	if port, err := strconv.Atoi(text); err == nil && port > 0 && port < 65536 {
		c.Port = port
		return
	}
	if !strings.Contains(text, "://") {
		text = "redis://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		r.refuse(n, key, "is no address such as redis://:password@127.0.0.1:6379/0") // without the text: it may hold a password
		return
	}
	c.Host = u.Hostname()
	switch u.Scheme {
	case "rediss", "tls":
		c.TLS = true
	case "redis", "tcp":
	default:
		r.refuse(n, key, "begins with %s://, expected redis:// or rediss://", u.Scheme)
		return
	}
	if u.Port() != "" {
		if c.Port, err = strconv.Atoi(u.Port()); err != nil || c.Port < 1 || c.Port > 65535 {
			r.refuse(n, key, "has no valid port")
			return
		}
	}
	if password, ok := u.User.Password(); ok {
		c.Username, c.Password = u.User.Username(), Secret(password)
	}
	if db := strings.Trim(u.Path, "/"); db != "" && u.Scheme != "tcp" {
		if c.DB, err = strconv.Atoi(db); err != nil || c.DB < 0 {
			r.refuse(n, key, "ends in something that is no number of a database")
			return
		}
	}
	if prefix := u.Query().Get("keyPrefix"); prefix != "" {
		c.KeyPrefix = prefix
	}
}

// redisTLS reads true, or an object of the options of Node.js, and reports whether TLS is wanted.
func (r *reader) redisTLS(c *Redis, o *object, name string) bool {
	n := o.get(name)
	switch {
	case n == nil:
		return false
	case n.kind == isBool:
		return n.text == "true"
	case n.kind == isText:
		r.refuse(n, o.key(name), "names a profile of ioredis, which is not known here; write {} and name the file of the certificate "+
			"authority in the setting laravel.tls.ca")
		return false
	case n.kind != isObject:
		o.wrong(n, name, "an object; {} is TLS without further settings")
		return false
	}
	t := &object{reader: r, path: o.key(name), node: n}
	t.text("servername", &c.ServerName)
	check := true
	t.flag("rejectUnauthorized", &check)
	c.Insecure = c.Insecure || !check
	for _, key := range []string{"ca", "cert", "key"} {
		if x := t.get(key); x != nil && x.text != "" || x != nil && len(x.items) > 0 {
			r.refuse(x, t.key(key), "holds a text in PEM form; put it into a file, name that in the setting laravel.tls.%s, and remove it here", key)
		}
	}
	if p := t.get("passphrase"); p != nil && p.text != "" {
		r.refuse(p, t.key("passphrase"), "is not supported for the connection to Redis; store the key without one: openssl pkey -in key.pem -out plain.pem")
	}
	t.done()
	return true
}

func (r *reader) sentinels(c *Redis, o *object) {
	master := o.text("name", &c.Master)
	o.text("sentinelUsername", &c.SentinelUsername)
	o.secret("sentinelPassword", &c.SentinelPassword)
	behind := false
	o.flag("enableTLSForSentinelMode", &behind)
	n := o.get("sentinels")
	if n == nil {
		return
	}
	if c.TLS && !behind {
		c.TLS = false
		r.warn(n, o.key("tls"), "has no effect with sentinels, as with ioredis, unless enableTLSForSentinelMode is true")
	}
	if n.kind != isList {
		o.wrong(n, "sentinels", `a list: [{"host": "…", "port": 26379}]`)
		return
	}
	for i, item := range n.items {
		e := Endpoint{Port: 26379}
		if item.kind == isObject {
			one := &object{reader: r, path: o.key("sentinels"), node: item}
			one.text("host", &e.Host)
			one.number("port", &e.Port, 1, 65535)
			one.done()
		}
		if e.Host == "" {
			r.refuse(item, o.key("sentinels"), `number %d has no host, expected {"host": "…", "port": 26379}`, i+1)
			continue
		}
		c.Sentinels = append(c.Sentinels, e)
	}
	if master == nil && len(n.items) > 0 {
		r.refuse(n, o.key("name"), "is missing: sentinels are asked for a master by its name, which is mymaster unless it was changed")
	}
}
