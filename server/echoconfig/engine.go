package echoconfig

import (
	"net/url"
	"slices"
	"strings"
)

// engine reads the options of Socket.IO 2.5 and Engine.IO 3.6, which laravel-echo-server passes on.
func (r *reader) engine(e *Engine, o *object) {
	if n := o.text("path", &e.Path); n != nil {
		e.Path = "/" + strings.Trim(e.Path, "/")
		if e.Path == "/" {
			r.refuse(n, o.key("path"), "must name a path, such as /socket.io; the root belongs to the other interfaces of this server")
		}
	}
	o.flag("serveClient", &e.ServeClient)
	r.engineOrigins(e, o)
	o.millis("pingInterval", &e.PingInterval)
	o.millis("pingTimeout", &e.PingTimeout)
	o.millis("upgradeTimeout", &e.UpgradeTimeout)
	o.number("maxHttpBufferSize", &e.MaxHTTPBufferSize, 1, 1<<30)
	r.transports(e, o)
	o.flag("allowUpgrades", &e.AllowUpgrades)
	o.compression("perMessageDeflate", &e.PerMessageDeflate)
	o.compression("httpCompression", &e.HTTPCompression)
	r.cookie(e, o)
	o.idle(map[string]string{
		"wsEngine":               "it chooses a WebSocket library of Node.js; this server has its own",
		"parser":                 "it names code of Node.js; the standard parser is used",
		"adapter":                "it names code of Node.js, and several nodes are not supported yet",
		"allowRequest":           "it names code of Node.js; the Laravel app decides at authEndpoint",
		"handlePreflightRequest": "it names code of Node.js; the answer follows origins",
		"initialPacket":          "no client of Laravel Echo reads it",
		"allowEIO3":              "clients of Socket.IO 2, 3 and 4 are all taken, whatever it says",
		"cors":                   "it belongs to Socket.IO 3, laravel-echo-server has 2; write origins",
	})
	o.done()
}

// compression reads true, false, or an object of details.
func (o *object) compression(name string, to *bool) {
	n := o.get(name)
	switch {
	case n == nil:
	case n.kind == isBool:
		*to = n.text == "true"
	case n.kind == isObject:
		*to = true
		if len(n.members) > 0 {
			o.warn(n, o.key(name), "is on; its details have no effect: messages of at least 1 KiB are compressed, one by one")
		}
	default:
		o.wrong(n, name, "true, false or an object")
	}
}

func (r *reader) transports(e *Engine, o *object) {
	all, n := o.texts("transports", "polling, websocket, or a list of them")
	if n == nil {
		return
	}
	if len(all) == 0 {
		r.refuse(n, o.key("transports"), "is empty, so nobody could connect; name polling, websocket or both")
		return
	}
	for _, t := range all {
		if t != "polling" && t != "websocket" {
			r.refuse(n, o.key("transports"), "%q is not known; there are polling and websocket", t)
			return
		}
	}
	e.Transports = all
}

// cookie reads a name, or false for none.
func (r *reader) cookie(e *Engine, o *object) {
	if n := o.get("cookie"); n != nil {
		switch n.kind {
		case isText:
			e.Cookie = n.text
		case isBool:
			e.Cookie = map[string]string{"true": "io", "false": ""}[n.text]
		default:
			o.wrong(n, "cookie", "a name, or false for no cookie")
		}
	}
	if n := o.get("cookiePath"); n != nil {
		switch {
		case n.kind == isText:
			e.CookiePath = n.text
		case n.kind == isBool && n.text == "false":
			e.CookiePath = ""
		default:
			o.wrong(n, "cookiePath", "a path, or false for none")
		}
	}
	o.flag("cookieHttpOnly", &e.CookieHTTPOnly)
}

// engineOrigins reads who may connect. Socket.IO 2 has forms of its own, with stars for hosts and ports; those that
// cannot be said exactly are refused rather than widened.
func (r *reader) engineOrigins(e *Engine, o *object) {
	all, n := o.texts("origins", "an origin such as https://app.example.com, or a list of them")
	if n == nil {
		return
	}
	var origins []string
	for _, text := range all {
		origins = append(origins, strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' })...)
	}
	if len(origins) == 0 || slices.Contains(origins, "*:*") || slices.Contains(origins, "*") {
		e.Origins = []string{"*"}
		return
	}
	for _, origin := range origins {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.ContainsAny(origin, "*?#@") || u.Path != "" && u.Path != "/" {
			r.refuse(n, o.key("origins"), "%q: write each origin with its scheme and without a star, such as https://app.example.com, or *:* for all", origin)
			return
		}
	}
	e.Origins = origins
}
