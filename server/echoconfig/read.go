package echoconfig

import (
	"cmp"
	"errors"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"madang/internal/config"
)

// A Source is what a Config is read from.
type Source struct {
	Name   string // of the file, for messages
	File   []byte
	Env    []string // of the process, as from os.Environ
	DotEnv []byte   // the file .env; nil: there is none
}

// Read reads a configuration. The error, of type [config.Problems], lists everything that is refused; the Config is
// complete beside that.
func Read(src Source) (*Config, error) {
	c := Defaults()
	c.file = src.Name
	r := &reader{file: src.Name, origins: map[string]string{}}
	root, err := parseTree(src.File)
	if err != nil {
		p := config.Problem{Where: src.Name, Text: err.Error()}
		if syntax, ok := errors.AsType[*syntaxError](err); ok {
			p.Line, p.Text = syntax.line, syntax.text
		}
		return &c, config.Problems{p}
	}
	r.overlay(root, src)
	r.top(&c, &object{reader: r, node: root})
	for _, ps := range []config.Problems{r.warnings, r.problems} {
		slices.SortStableFunc(ps, func(a, b config.Problem) int {
			return cmp.Or(cmp.Compare(a.Where, b.Where), cmp.Compare(a.Line, b.Line))
		})
	}
	c.Warnings, c.origins = r.warnings, r.origins
	if len(r.problems) > 0 {
		return &c, r.problems
	}
	return &c, nil
}

// top reads the keys of the first level.
func (r *reader) top(c *Config, o *object) {
	r.address(c, o)
	r.auth(c, o)
	r.clients(c, o)
	r.database(c, o)
	r.tls(c, o)
	if n := o.get("devMode"); n != nil {
		c.DevMode = n.text == "true" && (n.kind == isBool || n.kind == isText)
		if !c.DevMode && n.text != "false" {
			o.warn(n, "devMode", "is neither true nor false, so it is off, as with laravel-echo-server")
		}
	}
	if e := o.child("socketio"); e != nil {
		r.engine(&c.Engine, e)
	}
	r.subscribers(c, o)
	if x := o.child("apiOriginAllow"); x != nil {
		x.flag("allowCors", &c.CORS.Allow)
		x.text("allowOrigin", &c.CORS.Origin)
		x.text("allowMethods", &c.CORS.Methods)
		x.text("allowHeaders", &c.CORS.Headers)
		x.done()
	}
	if x := o.child("headers"); x != nil {
		c.Headers = map[string]string{}
		for _, m := range x.node.members {
			var text string
			if x.text(m.name, &text) != nil {
				c.Headers[m.name] = text
			}
		}
	}
	if c.Subscribers.Redis && c.Redis.KeyPrefix == "" {
		where := r.file
		r.warnings = append(r.warnings, config.Problem{Where: where, Key: "databaseConfig.redis.keyPrefix",
			Text: "is empty, so everything that anybody publishes as JSON in that Redis reaches clients, and the names of channels " +
				"keep Laravel's prefix; set it to Laravel's database.redis.options.prefix, which is laravel_database_ unless it was " +
				"changed (laravel-database- since Laravel 13)"})
	}
	o.idle(map[string]string{"referrers": "laravel-echo-server calls it clients since 1.2"})
	o.done()
}

// portAtEnd finds the port as laravel-echo-server does. It lets "6001/" pass, and the tcp://10.0.0.1:6001 that container
// platforms put into LARAVEL_ECHO_SERVER_PORT when a service is called laravel-echo-server.
var portAtEnd = regexp.MustCompile(`([0-9]{2,5})/?$`)

// address reads where to listen.
func (r *reader) address(c *Config, o *object) {
	var port string
	if n := o.text("port", &port); n != nil && port != "" {
		found := portAtEnd.FindStringSubmatch(strings.TrimSpace(port))
		v := 0
		if found != nil {
			v, _ = strconv.Atoi(found[1]) // five digits at most
		}
		if v < 1 || v > 65535 {
			o.refuse(n, "port", "expected a port from 10 to 65535, such as 6001")
		} else {
			c.Port = v
		}
	}
	n := o.text("host", &c.Host)
	c.Host = strings.TrimSpace(c.Host)
	if n != nil && strings.ContainsAny(c.Host, "/ ") {
		o.refuse(n, "host", "is where this server listens: a name or IP address of this machine without scheme and path; "+
			"null is all addresses. The address of the Laravel app is authHost")
	}
	if host, ok := strings.CutPrefix(c.Host, "["); ok {
		c.Host = strings.TrimSuffix(host, "]")
	}
}

// auth reads who authorizes. An empty authHost falls back to host, as the original's code does; one that is missing does
// so if host is a variable, as its documentation says.
func (r *reader) auth(c *Config, o *object) {
	hosts, n := o.texts("authHost", "an address such as http://localhost, or a list of them")
	var all []string
	for _, h := range hosts {
		h = strings.TrimRight(strings.TrimSpace(h), "/")
		if h == "" {
			continue
		}
		if u, err := url.Parse(h); strings.Contains(h, "://") && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			o.refuse(n, "authHost", "%q is no address; write http:// or https://, a host and perhaps a port", h)
			continue
		}
		all = append(all, h)
	}
	host := o.node.find("host")
	switch byVariable := host != nil && host.origin != ""; {
	case len(all) > 0:
		c.AuthHosts = all
	case n != nil || byVariable:
		if ip := net.ParseIP(c.Host); c.Host != "" && (ip == nil || !ip.IsUnspecified()) {
			c.AuthHosts = []string{"http://" + c.Host}
			o.origins["authHost"] = o.origins["host"]
		} else {
			delete(o.origins, "authHost")
		}
	}
	o.path1("authEndpoint", &c.AuthEndpoint)
	o.path1("hookEndpoint", &c.HookEndpoint)
}

// path1 reads a path behind authHost; a missing slash is put before it.
func (o *object) path1(name string, to *string) {
	n := o.text(name, to)
	if n == nil || *to == "" {
		return
	}
	if strings.Contains(*to, "://") {
		o.refuse(n, o.key(name), "is a whole address; write its path alone, the host belongs in authHost")
		return
	}
	if !strings.HasPrefix(*to, "/") {
		*to = "/" + *to
	}
}

func (r *reader) clients(c *Config, o *object) {
	n := o.get("clients")
	if n == nil {
		return
	}
	if n.kind != isList {
		o.wrong(n, "clients", `a list: [{"appId": "…", "key": "…"}]`)
		return
	}
	seen := map[string]bool{}
	for i, item := range n.items {
		if item.kind != isObject {
			o.refuse(item, "clients", `number %d is %v, expected {"appId": "…", "key": "…"}`, i+1, item.kind)
			continue
		}
		var x Client
		one := &object{reader: r, path: "clients", node: item}
		one.text("appId", &x.AppID)
		one.secret("key", &x.Key)
		one.done()
		switch {
		case x.AppID == "" || x.Key == "":
			o.refuse(item, "clients", "number %d has no appId or no key; make one with client:add", i+1)
		case strings.ContainsAny(x.AppID, "/?# \t"):
			o.refuse(item, "clients", "appId %q cannot be part of an address; make another one with client:add", x.AppID)
		case seen[x.AppID]:
			o.warn(item, "clients", "appId %q is there twice; the first one counts", x.AppID)
		default:
			seen[x.AppID] = true
			c.Clients = append(c.Clients, x)
		}
	}
}

// subscribers reads what may enter. What an object that is there leaves out is off: laravel-echo-server does not mix it
// with its defaults. A text counts as on there whatever it says, so it does here, with a warning.
func (r *reader) subscribers(c *Config, o *object) {
	x := o.child("subscribers")
	if x == nil {
		return
	}
	for i, name := range []string{"http", "redis"} {
		to := []*bool{&c.Subscribers.HTTP, &c.Subscribers.Redis}[i]
		n := x.get(name)
		switch {
		case n == nil:
			*to = false
			if x.node.find(name) == nil {
				r.warn(x.node, x.key(name), "is not there, which is off as with laravel-echo-server; write true or false")
			}
		case n.kind == isText && n.text == "false":
			*to = true
			r.warn(n, x.key(name), `is the text "false", which laravel-echo-server takes as on, and so does this; remove the quotes to turn it off`)
		case n.kind == isNumber:
			*to = n.text != "0"
		case n.kind == isBool || n.kind == isText:
			*to = n.text != "false" && n.text != ""
		default:
			x.wrong(n, name, "true or false")
		}
	}
	if !c.Subscribers.HTTP && !c.Subscribers.Redis {
		r.warn(x.node, "subscribers", "are both off: nothing that Laravel publishes arrives; clients hear only each other")
	}
	x.done()
}
